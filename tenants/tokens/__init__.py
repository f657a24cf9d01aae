"""Access and refresh tokens: how they are stored, issued and revoked."""
