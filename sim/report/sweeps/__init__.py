"""What is said of a sweep: before it runs, when it has run, and what moves its result."""
