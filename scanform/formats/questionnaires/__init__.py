"""Questionnaires as files: YAML, and the codes that survive other tools."""
