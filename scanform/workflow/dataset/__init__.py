"""Online responses in, merge, release, export."""
