"""Questions placed on paper, as pure functions."""
