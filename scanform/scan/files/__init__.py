"""Files, their kinds and limits, and the programs that may read them."""
