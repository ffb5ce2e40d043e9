"""What is measured: periods, parties, intervals, and the tables of outcomes by theme."""
