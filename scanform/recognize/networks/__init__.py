"""Trained models and how they are run."""
