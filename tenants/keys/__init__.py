"""A tenant's signing and derivation keys: made, sealed, rotated, opened."""
