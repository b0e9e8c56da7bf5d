"""The project folder, its files, settings and signals."""
