"""Responses of one place matched and resolved to one record, as pure functions."""
