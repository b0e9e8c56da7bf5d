"""The fate of each page and form, and the identity of each response."""
