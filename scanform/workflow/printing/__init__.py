"""Forms out: recipients, identities, PDF."""
