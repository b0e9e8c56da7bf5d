"""One page read, in this process or another."""
