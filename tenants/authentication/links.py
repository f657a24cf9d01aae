"""The token of a link by which a person signs in to the dashboard without typing the code (decision 0058).

It is derived from the challenge with the tenant's key, so nothing is stored for it. Only the browser that asked for the
message can use it, because only its session belongs to the challenge.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final
from uuid import UUID

_TOKEN_BYTES: Final = 16
"""128 bits. It is short, so that mail programs do not break the line of the link."""


def link_token(key: bytes, challenge_id: UUID) -> str:
    """Return the token of a challenge: 22 characters of base64url."""
    mac = hmac.digest(key, b"link\0" + challenge_id.bytes, sha256)
    return urlsafe_b64encode(mac[:_TOKEN_BYTES]).rstrip(b"=").decode()


def is_link_token(key: bytes, challenge_id: UUID, token: str) -> bool:
    """Return whether a token is that of a challenge."""
    return hmac.compare_digest(link_token(key, challenge_id).encode(), token.encode())
