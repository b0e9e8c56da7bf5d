"""Networks that learn from corrected handwriting."""
