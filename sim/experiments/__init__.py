"""Many markets: replicate, compare, calibrate."""
