"""The only loop over weeks: runs markets, alone or beside a baseline, and simulates once what they share."""
