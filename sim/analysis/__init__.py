"""What a sweep says: sensitivity, switching values, scenario discovery, search."""
