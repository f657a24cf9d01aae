"""Who changed what for a tenant, and why, in a chain of hashes that shows a change of it."""
