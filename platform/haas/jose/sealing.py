"""Keys and secrets at rest, and identifiers that only we can read.

Sealed: AES-256-GCM with a random nonce, bound to what the secret is for. SIV (RFC 5297): deterministic, so that one
thing has one identifier, and authenticated, so that a made-up one is refused.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from haas.errors import HaasError

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class SealError(HaasError):
    """What should be opened was not sealed by this key for this purpose."""


class Sealer(Protocol):
    """Seals secrets under a key that it holds or, in a key management service, only knows of."""

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Return `secret` encrypted and bound to `purpose`."""
        ...

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return the secret that was sealed for `purpose`. Raises SealError."""
        ...


class KeySealer:
    """Seals under a 256-bit key in memory: the deployment's master key, or a tenant's data key."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        """Take the key, 32 bytes."""
        self._aead = AESGCM(key)

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Return `secret` encrypted and bound to `purpose`."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._aead.encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return the secret that was sealed for `purpose`. Raises SealError."""
        if sealed[:1] != _FORMAT:
            raise SealError(f"the sealed {purpose} has an unknown format")
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, ciphertext, purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealError(f"the sealed {purpose} does not open with this key") from error


class Siv:
    """Makes and reads identifiers that are stable, opaque and bound to a context (AES-SIV, RFC 5297)."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        """Take the key, 64 bytes."""
        self._aead = AESSIV(key)

    def conceal(self, value: str, *context: str) -> str:
        """Return the base64url identifier of `value` within `context`."""
        sealed = self._aead.encrypt(value.encode(), [part.encode() for part in context])
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def reveal(self, identifier: str, *context: str) -> str:
        """Return the value behind an identifier made within the same context. Raises SealError."""
        try:
            sealed = urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4))
            if urlsafe_b64encode(sealed).rstrip(b"=").decode() != identifier:
                raise SealError("another spelling of an identifier")
            return self._aead.decrypt(sealed, [part.encode() for part in context]).decode()
        except (InvalidTag, Base64Error, ValueError) as error:
            raise SealError("not an identifier of this context") from error


def new_key(size: int = KEY_BYTES) -> bytes:
    """Return `size` random bytes for a new key."""
    return os.urandom(size)
