"""Coded pictures to grey pixels."""
