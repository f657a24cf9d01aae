"""OAuth 2.0 and OpenID Connect in this profile: errors, scopes, claims, endpoints."""
