"""Ink measured on the paper: what stands on it beside the print."""
