"""Hashes of random secrets. Only the hash is stored, so that a reader of the table cannot use the secret."""

import hashlib


def digest(secret: str) -> bytes:
    """Return the SHA-256 hash under which a token, code, cookie or `jti` is stored and looked up.

    Use it only for secrets with at least 128 random bits. A secret that can be guessed needs a keyed hash.
    """
    return hashlib.sha256(secret.encode()).digest()
