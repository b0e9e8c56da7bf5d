"""Forms that scanform did not print: zones found, edited, imported."""
