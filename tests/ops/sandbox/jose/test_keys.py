"""Keys: import, export, and what is refused."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import haas.jose
from ops.sandbox.jose import Algorithm, JwkError, PublicKeys, SigningKey
from ops.sandbox.jose.keys import thumbprint
from tests.ops.sandbox.conftest import key_of

# RFC 7638 3.1: the example key and its thumbprint.
RFC_7638_KEY = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
}
RFC_7638_THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_a_key_is_the_same_after_export_and_import(algorithm: Algorithm) -> None:
    key = key_of(algorithm)
    again = SigningKey.from_jwk(key.private_jwk())
    assert again.private_jwk() == key.private_jwk()
    assert again.public_jwk() == key.public_jwk()
    assert "d" not in key.public_jwk()
    assert "d" in key.private_jwk()


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_the_product_derives_the_same_kid(algorithm: Algorithm) -> None:
    key = key_of(algorithm)
    jwk = {name: value for name, value in key.private_jwk().items() if name != "kid"}
    assert haas.jose.SigningKey.from_jwk(jwk).kid == key.kid


def test_the_kid_is_the_thumbprint_of_rfc_7638() -> None:
    assert thumbprint(RFC_7638_KEY) == RFC_7638_THUMBPRINT


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"alg": "RS256"}, "alg of a signing key"),
        ({"alg": None}, "alg of a signing key"),
        ({"alg": "PS256"}, "has kty RSA"),
        ({"d": None}, "no private part"),
        ({"x": "AA"}, "cannot be used"),
        ({"crv": "P-384"}, "cannot be used"),
    ],
)
def test_a_wrong_private_key_is_refused(changes: dict[str, Any], reason: str) -> None:
    jwk = key_of("ES256").private_jwk()
    assert SigningKey.from_jwk(jwk).algorithm == "ES256"
    with pytest.raises(JwkError, match=reason):
        SigningKey.from_jwk({name: value for name, value in {**jwk, **changes}.items() if value is not None})


def test_keys_of_a_jwks_that_cannot_be_used_are_ignored() -> None:
    usable = key_of("ES256").public_jwk()
    short = SigningKey(rsa.generate_private_key(65537, 1024), "PS256", "short").public_jwk()  # noqa: S505 - to be refused
    curve = SigningKey(ec.generate_private_key(ec.SECP384R1()), "ES256", "curve").public_jwk()
    symmetric = {"kty": "oct", "k": "AAAA", "kid": "symmetric"}
    keys = PublicKeys.from_jwks({"keys": [short, curve, symmetric, {"kid": "empty"}, "text", usable]})
    assert keys.has(usable["kid"])
    assert not any(keys.has(kid) for kid in ("short", "curve", "symmetric", "empty"))


@pytest.mark.parametrize(("use", "alg"), [("enc", None), ("sig", "PS256")])
def test_a_key_for_another_use_or_algorithm_is_not_a_candidate(use: str, alg: str | None) -> None:
    jwk = {**key_of("ES256").public_jwk(), "alg": "ES256"}
    assert PublicKeys.from_jwks({"keys": [jwk]}).candidates(None, "ES256")
    other = {**jwk, "use": use} | ({} if alg is None else {"alg": alg})
    assert PublicKeys.from_jwks({"keys": [other]}).candidates(None, "ES256") == []


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys": {}}', b"\xff"])
def test_a_document_that_is_not_a_jwks_is_refused(document: bytes) -> None:
    assert not PublicKeys.from_jwks(b'{"keys": []}').has("1")
    with pytest.raises(JwkError):
        PublicKeys.from_jwks(document)


def test_a_jwks_with_too_many_keys_is_refused() -> None:
    jwk = key_of("ES256").public_jwk()
    assert PublicKeys.from_jwks({"keys": [jwk] * 100}).has(jwk["kid"])
    with pytest.raises(JwkError, match="101 keys"):
        PublicKeys.from_jwks({"keys": [jwk] * 101})
