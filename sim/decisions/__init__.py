"""Decisions: from simulated differences to a recommendation."""
