"""The secret of a browser's flow cookie. Each visit of a request_uri gets one, and none is stored before it is used.

A secret contains 256 random bits and a MAC, by which a secret that this server made for the attempt is recognised. So
any number of visits can begin before a person sends an identifier, and none of them writes anything.
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
