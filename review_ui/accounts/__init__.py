"""Logins, accounts and their security."""
