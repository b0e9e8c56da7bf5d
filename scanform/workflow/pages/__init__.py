"""Pages that people put right: sorted, placed, identified, collated, missing."""
