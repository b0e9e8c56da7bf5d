"""Placed pages as PDF: the only package that imports ReportLab."""
