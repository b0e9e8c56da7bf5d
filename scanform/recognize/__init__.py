"""From a registered page to a reading of each of its zones."""
