"""The originals of what was handed in, kept by content."""
