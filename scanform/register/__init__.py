"""Markers, identity and page map, each proved on the print."""
