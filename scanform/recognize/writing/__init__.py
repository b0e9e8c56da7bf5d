"""Character cells, handwriting and type."""
