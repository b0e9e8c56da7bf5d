"""The importers, one per survey tool: each recognises its files and accounts for each of their columns."""
