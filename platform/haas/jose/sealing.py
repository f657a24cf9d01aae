"""Encryption of stored keys and secrets, and of internal ids that are given to other parties.

Secrets are sealed: encrypted with AES-256-GCM and a random nonce, with their purpose as associated data. Ids are
encrypted with AES-SIV (RFC 5297): it is deterministic, so that one id always has the same encrypted form, and
authenticated, so that an invented id is refused.
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
    """A value cannot be decrypted: it was not encrypted with this key and for this purpose."""


class Sealer(Protocol):
    """Encrypts secrets with a key in memory or in a key management service."""

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Return `secret` encrypted for `purpose`."""
        ...

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return the secret that was sealed for `purpose`. Raises SealError."""
        ...


class KeySealer:
    """Seals with a 256-bit key in memory: the master key of the deployment, or the data key of a tenant."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        """Take the key, 32 bytes."""
        self._aead = AESGCM(key)

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Return `secret` encrypted for `purpose`."""
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
            raise SealError(f"the sealed {purpose} cannot be decrypted with this key") from error


class Siv:
    """Encrypts an id as a stable, opaque identifier for one context, and decrypts it (AES-SIV, RFC 5297)."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        """Take the key, 64 bytes."""
        self._aead = AESSIV(key)

    def conceal(self, value: str, *context: str) -> str:
        """Return `value` encrypted for `context`, in base64url."""
        sealed = self._aead.encrypt(value.encode(), [part.encode() for part in context])
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def reveal(self, identifier: str, *context: str) -> str:
        """Return the value of an identifier that `conceal` made with the same context. Raises SealError."""
        try:
            sealed = urlsafe_b64decode(identifier + "=" * (-len(identifier) % 4))
            if urlsafe_b64encode(sealed).rstrip(b"=").decode() != identifier:
                raise SealError("the base64url of the identifier is not in its canonical form")
            return self._aead.decrypt(sealed, [part.encode() for part in context]).decode()
        except (InvalidTag, Base64Error, ValueError) as error:
            raise SealError("not an identifier of this context") from error


def new_key(size: int = KEY_BYTES) -> bytes:
    """Return `size` random bytes for a new key."""
    return os.urandom(size)
