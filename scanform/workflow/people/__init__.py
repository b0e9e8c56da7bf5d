"""Accounts and preferences."""
