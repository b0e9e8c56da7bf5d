"""The staff's web application; talks to `scanform.workflow` only."""
