"""HTML report and pictures for people."""
