"""Pictures of a comparison with a baseline."""
