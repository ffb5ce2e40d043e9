"""Experiment files: read, checked beside their scenarios, tried before anything is run."""
