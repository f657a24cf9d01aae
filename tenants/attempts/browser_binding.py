"""Binding an authorisation attempt to a browser, by the secret of the browser's flow cookie.

Each visit to a request_uri gets a new secret. The first browser that sends an identifier, or cancels, binds the
attempt: the hash of its secret is stored, and other browsers cannot continue the flow.

A secret contains 256 random bits and a MAC. The MAC proves that this server made the secret for the attempt, so the
server need not store it. Nothing is written for a visit until a person sends an identifier or cancels.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final
from uuid import UUID

from haas.database import Transaction
from haas.digest import digest
from tenants.attempts import store
from tenants.attempts.models import Attempt

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


def secret_hash(secret: str) -> bytes:
    """Return the hash of a secret, which is stored when its browser binds the attempt."""
    return digest(secret)


def is_bound_to(attempt: Attempt, browser_hash: bytes) -> bool:
    """Return whether an attempt is bound to the browser whose secret has this hash."""
    return attempt.browser_hash is not None and hmac.compare_digest(attempt.browser_hash, browser_hash)


async def bind_to_browser(tx: Transaction, attempt: Attempt, browser_hash: bytes) -> None:
    """Bind an attempt to the browser whose secret has this hash: only this browser can continue the flow.

    Until then every browser that has visited the request_uri can do so: a link scanner, a preview or a second visit
    must not end the flow of the person.
    """
    await store.set_columns(tx, attempt.id, browser_hash=browser_hash)


def _mac(key: bytes, attempt_id: UUID, random: str) -> str:
    mac = hmac.digest(key, b"flow\0" + attempt_id.bytes + random.encode(), sha256)
    return urlsafe_b64encode(mac).rstrip(b"=").decode()
