"""Faces: tables and pictures of results. They read results and compute nothing of the model."""
