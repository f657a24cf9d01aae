"""Creating, changing and removing tenants, through the login that owns their schemas, and the requests for it."""
