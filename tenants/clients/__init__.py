"""Software products and the CDR Register as clients of a tenant: registered, authenticated, and asked per duty."""
