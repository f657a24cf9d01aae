"""Creating, changing and removing tenants, through the login that owns their schemas."""
