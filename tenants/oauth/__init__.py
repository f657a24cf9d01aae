"""The words of OAuth 2.0 and OpenID Connect as this profile uses them: errors, scopes, claims."""
