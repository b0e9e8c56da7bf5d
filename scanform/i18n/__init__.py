"""German and English texts, filled in and counted."""
