"""The grants of the token endpoint, and all other uses of tokens: access, introspection, revocation, UserInfo."""
