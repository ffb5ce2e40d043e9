"""Pictures of a decision: options, terms, the map of commission and exposure, the game."""
