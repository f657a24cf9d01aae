"""Opaque tokens: issued for a code, a refresh token or a client's own credentials; introspected, revoked, presented."""
