"""What every screen shares: access, addresses, submissions, limits."""
