"""Values that people check, correct and key."""
