"""Encryption of stored secrets and of identifiers."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from haas.jose import KeySealer, SealError, Siv, new_key


def test_a_sealed_secret_opens_only_with_its_key_and_purpose() -> None:
    sealer = KeySealer(new_key())
    sealed = sealer.seal(b"secret", "signing-key")
    assert b"secret" not in sealed
    assert sealer.open(sealed, "signing-key") == b"secret"
    with pytest.raises(SealError):
        sealer.open(sealed, "data-key")
    with pytest.raises(SealError):
        KeySealer(new_key()).open(sealed, "signing-key")


def test_a_secret_is_sealed_differently_each_time() -> None:
    sealer = KeySealer(new_key())
    assert len({sealer.seal(b"secret", "p") for _ in range(50)}) == 50


def test_a_changed_byte_is_detected() -> None:
    sealer = KeySealer(new_key())
    sealed = sealer.seal(b"secret", "p")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealError):
            sealer.open(bytes(changed), "p")


def test_a_shortened_value_is_detected() -> None:
    sealer = KeySealer(new_key())
    sealed = sealer.seal(b"", "p")
    assert sealer.open(sealed, "p") == b""
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            sealer.open(sealed[:length], "p")


def test_keys_are_random_and_of_the_given_size() -> None:
    assert len(new_key()) == 32
    assert len(new_key(64)) == 64
    assert new_key() != new_key()


def test_aes_siv_agrees_with_rfc_5297_appendix_a() -> None:
    key = bytes.fromhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
    associated = bytes.fromhex("101112131415161718191a1b1c1d1e1f2021222324252627")
    plaintext = bytes.fromhex("112233445566778899aabbccddee")
    expected = bytes.fromhex("85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c")
    assert Siv(key)._aead.encrypt(plaintext, [associated]) == expected


def test_an_identifier_is_the_aes_siv_ciphertext_of_the_value_in_its_context() -> None:
    key = new_key(64)
    sealed = AESSIV(key).encrypt(b"account-1", [b"software", b"customer"])
    assert Siv(key)._aead.decrypt(sealed, [b"software", b"customer"]) == b"account-1"
    assert Siv(key).reveal(Siv(key).conceal("account-1", "software", "customer"), "software", "customer") == "account-1"


def test_an_identifier_is_the_same_in_one_context_and_differs_in_others() -> None:
    siv = Siv(new_key(64))
    assert siv.conceal("a", "x", "y") == siv.conceal("a", "x", "y")
    made = {siv.conceal("a", *context) for context in [(), ("x",), ("x", "y"), ("y", "x"), ("xy",), ("x", "y", "")]}
    assert len(made) == 6
    assert siv.conceal("b", "x") != siv.conceal("a", "x")


def test_an_identifier_of_another_context_or_key_is_refused() -> None:
    siv = Siv(new_key(64))
    identifier = siv.conceal("account-1", "software", "customer")
    for context in [(), ("software",), ("customer", "software"), ("softwarecustomer",), ("software", "other")]:
        with pytest.raises(SealError):
            siv.reveal(identifier, *context)
    with pytest.raises(SealError):
        Siv(new_key(64)).reveal(identifier, "software", "customer")


@pytest.mark.parametrize(
    "identifier", ["", "A", "AAAA", "é", "not base64!", "A" * 22, "A" * 500, "a/b", "a+b", "=", "\x00"]
)
def test_a_made_up_identifier_is_refused(identifier: str) -> None:
    with pytest.raises(SealError):
        Siv(new_key(64)).reveal(identifier, "x")


def test_only_the_canonical_form_of_an_identifier_is_accepted() -> None:
    """Otherwise one resource would have several ids."""
    siv = Siv(new_key(64))
    identifier = siv.conceal("account-1", "x")
    last = identifier[-1]
    sibling = chr(ord(last) + 1)
    for spelling in (
        identifier + "=",
        identifier + "==",
        identifier + "!",
        identifier + "\n",
        "~" + identifier,
        identifier[:5] + " " + identifier[5:],
        identifier[:-1] + sibling,
        identifier + "A",
    ):
        with pytest.raises(SealError):
            siv.reveal(spelling, "x")


def test_an_identifier_in_the_standard_base64_alphabet_is_refused() -> None:
    siv = Siv(new_key(64))
    identifier = next(made for number in range(1000) if "-" in (made := siv.conceal(str(number), "x")) and "_" in made)
    assert siv.reveal(identifier, "x").isdigit()
    with pytest.raises(SealError):
        siv.reveal(identifier.replace("-", "+").replace("_", "/"), "x")
