"""Placed pages as PDF: the only door to ReportLab."""
