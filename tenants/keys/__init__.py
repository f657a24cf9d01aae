"""The signing keys and derivation keys of a tenant: creation, sealing, rotation, use."""
