"""Markers, identity and page map, each verified on the print."""
