"""The audit trail of a tenant: who changed what and why. A chain of hashes reveals later changes of the trail."""
