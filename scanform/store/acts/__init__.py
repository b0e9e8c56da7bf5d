"""Acts of people as rows that are only ever added, and sealed."""
