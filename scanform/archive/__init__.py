"""The submitted originals, stored by content."""
