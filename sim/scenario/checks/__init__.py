"""Checks of meaning: what a schema cannot say about a scenario."""
