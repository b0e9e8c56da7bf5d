"""Ink measured on the paper: what stands where beside the print."""
