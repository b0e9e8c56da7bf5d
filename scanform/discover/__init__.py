"""Zones and print of forms that scanform did not print."""
