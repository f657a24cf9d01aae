"""The form in which a random secret is kept: whoever reads the table cannot present what stands in it."""

import hashlib


def digest(secret: str) -> bytes:
    """Return the SHA-256 under which a token, code, cookie or `jti` is kept and found.

    Made for secrets of 128 bits and more; what a person can guess needs a key as well.
    """
    return hashlib.sha256(secret.encode()).digest()
