"""The secret of a browser's flow cookie. Each visit to a request_uri gets a new secret.

A secret contains 256 random bits and a MAC. The MAC proves that this server made the secret for the attempt, so the
server need not store it. Nothing is written for a visit until a person sends an identifier or cancels.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final
from uuid import UUID

_RANDOM_BYTES: Final = 32


def flow_key(subject_key: bytes) -> bytes:
    """Return the key for the MACs of a tenant, derived from a key that is never rotated."""
    return hmac.digest(subject_key, b"haas flow secrets 1", sha256)


def new_secret(key: bytes, attempt_id: UUID) -> str:
    """Return a new secret for a browser that visits the request_uri of an attempt."""
    random = secrets.token_urlsafe(_RANDOM_BYTES)
    return f"{random}.{_mac(key, attempt_id, random)}"


def is_genuine(key: bytes, attempt_id: UUID, secret: str) -> bool:
    """Return whether `secret` was made by `new_secret` for this attempt."""
    random, _, mac = secret.partition(".")
    return hmac.compare_digest(mac.encode(), _mac(key, attempt_id, random).encode())


def _mac(key: bytes, attempt_id: UUID, random: str) -> str:
    mac = hmac.digest(key, b"flow\0" + attempt_id.bytes + random.encode(), sha256)
    return urlsafe_b64encode(mac).rstrip(b"=").decode()
