"""Tables, ledger, values and migrations of a project's database."""
