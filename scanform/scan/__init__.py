"""Files to page images, within limits."""
