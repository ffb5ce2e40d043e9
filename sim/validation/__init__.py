"""Does the model stand up: against its specification, outside packages and data."""
