"""Access and refresh tokens: their rows, how they are issued, and how they are revoked."""
