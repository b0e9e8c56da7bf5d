"""Check boxes: features, mark model, reasons for review."""
