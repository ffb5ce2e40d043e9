"""Pictures of a sweep: what moves the result, where it changes sign."""
