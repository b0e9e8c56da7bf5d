"""The review queue, decisions, and the error bounds that follow from them, as pure functions."""
