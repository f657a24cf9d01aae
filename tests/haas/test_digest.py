"""Hashes of secrets."""

import hashlib

from haas.digest import digest


def test_a_digest_is_the_sha_256_of_the_text() -> None:
    """FIPS 180-2, appendix B.1."""
    assert digest("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_text_is_encoded_as_utf_8() -> None:
    assert digest("é") == hashlib.sha256(b"\xc3\xa9").digest()
