"""Responses of one respondent matched and resolved to one record, as pure functions."""
