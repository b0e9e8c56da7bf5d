"""What every web application of scanform shares: the server, its hardening, running behind a proxy, and scripts."""
