"""Pens, printers and scanners for samples, tests and benchmarks; the product never imports it."""
