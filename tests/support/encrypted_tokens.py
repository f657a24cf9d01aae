"""Decrypts a JWE as a data recipient does, with `cryptography` alone: not with the library that the product uses."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_OAEP_HASHES = {"RSA-OAEP": hashes.SHA1, "RSA-OAEP-256": hashes.SHA256}  # RFC 7518 4.3


class EncryptionKey:
    """An RSA key of a recipient to which responses are encrypted."""

    def __init__(self, algorithm: str, kid: str = "enc") -> None:
        """Generate a key of 2,048 bits for `algorithm`: RSA-OAEP or RSA-OAEP-256."""
        self._algorithm, self._kid = algorithm, kid
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public_jwk(self) -> dict[str, str]:
        """Return the JWK to publish (RFC 7517)."""
        numbers = self._key.public_key().public_numbers()
        named = {"kty": "RSA", "use": "enc", "alg": self._algorithm, "kid": self._kid}
        return {**named, "n": _encode(numbers.n), "e": _encode(numbers.e)}

    def decrypt(self, token: str) -> tuple[dict[str, Any], str]:
        """Return the header and the plaintext of a compact JWE (RFC 7516 5.2)."""
        protected, *parts = token.split(".")
        encrypted_key, iv, ciphertext, tag = map(_decode, parts)
        header = json.loads(_decode(protected))
        digest = _OAEP_HASHES[header["alg"]]
        key = self._key.decrypt(encrypted_key, OAEP(MGF1(digest()), digest(), None))
        open_content = {"A256GCM": _open_gcm, "A128CBC-HS256": _open_cbc}[header["enc"]]
        return header, open_content(key, iv, ciphertext, tag, protected.encode("ascii")).decode()


def _open_gcm(key: bytes, iv: bytes, ciphertext: bytes, tag: bytes, protected: bytes) -> bytes:
    assert len(key) == 32
    return AESGCM(key).decrypt(iv, ciphertext + tag, protected)


def _open_cbc(key: bytes, iv: bytes, ciphertext: bytes, tag: bytes, protected: bytes) -> bytes:
    """RFC 7518 5.2.2.2: the first half of the key authenticates, the second half encrypts."""
    assert len(key) == 32
    mac = hmac.HMAC(key[:16], hashes.SHA256())
    mac.update(protected + iv + ciphertext + (8 * len(protected)).to_bytes(8, "big"))
    assert mac.finalize()[:16] == tag
    decryptor = Cipher(AES(key[16:]), CBC(iv)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()


def _encode(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
