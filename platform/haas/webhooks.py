"""Requests that another system signs with a shared secret, as the Standard Webhooks specification 1.0 defines it.

The headers are `webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature`: `v1,` and the
HMAC-SHA256 of id, timestamp and body in base64. Several are separated by spaces, so that a sender can change its
secret.
"""

import hmac
import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

TOLERANCE_SECONDS: Final = 300
"""A request whose timestamp differs by more is refused, so that it cannot be sent again later."""
SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"
_VERSION: Final = "v1,"
_MAXIMUM_HEADER: Final = 500
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


class WebhookSignature(NamedTuple):
    """The signature of a request, which is not verified yet."""

    id: str
    timestamp: str
    signatures: str

    def is_of(self, body: bytes, secret: str) -> bool:
        """Return whether a signature of `body` was made with the secret. The comparison takes constant time."""
        signed = f"{self.id}.{self.timestamp}.".encode() + body
        expected = b64encode(hmac.digest(_key(secret), signed, sha256))
        given = [each.removeprefix(_VERSION) for each in self.signatures.split(" ") if each.startswith(_VERSION)]
        return any(hmac.compare_digest(expected, each.encode()) for each in given)


def new_webhook_secret() -> str:
    """Return a new secret in the form of the specification."""
    return _PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def read_webhook_signature(headers: Mapping[str, str], now: datetime) -> WebhookSignature | None:
    """Return the signature in the headers, or None if there is none or its time is too far from now."""
    found = WebhookSignature(*(headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")))
    if not all(0 < len(each) <= _MAXIMUM_HEADER for each in found) or _SECONDS.fullmatch(found.timestamp) is None:
        return None
    return found if abs(int(found.timestamp) - now.timestamp()) <= TOLERANCE_SECONDS else None


def _key(secret: str) -> bytes:
    try:
        return b64decode(secret.removeprefix(_PREFIX), validate=True)
    except NoBase64:
        raise ValueError("the secret is not in base64") from None
