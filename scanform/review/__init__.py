"""What waits, what was decided, and how sure that makes the rest, as pure functions."""
