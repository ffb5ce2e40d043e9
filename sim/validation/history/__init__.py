"""The history fitted to what was published by one day, and held against what was published later."""
