"""scanform digitises paper surveys: print, read, review, merge."""

__version__ = "0.1.0"
