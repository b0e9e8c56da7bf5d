"""Ink measured on the paper, apart from the print."""
