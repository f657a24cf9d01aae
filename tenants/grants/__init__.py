"""The grants of the token endpoint, and every other use of a token: introspection, revocation, UserInfo, access."""
