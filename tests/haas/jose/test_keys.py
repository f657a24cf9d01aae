"""Which keys are accepted, and published test vectors for the values derived from them."""

import msgspec
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from haas.jose import JwkError, PublicKeys, SigningKey, half_hash, s256, sign, verify
from haas.jose.keys import MAXIMUM_KEYS_IN_A_SET

# RFC 7638 3.1
RFC_7638_KEY = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    ),
    "e": "AQAB",
    "alg": "PS256",
    "kid": "2011-04-29",
}
RFC_7638_THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.fixture(scope="module")
def rsa() -> dict[str, object]:
    return SigningKey.generate("PS256").private_jwk()


@pytest.fixture(scope="module")
def ec() -> dict[str, object]:
    return SigningKey.generate("ES256").private_jwk()


def keys_of(*jwks: dict[str, object]) -> PublicKeys:
    return PublicKeys.from_jwks({"keys": list(jwks)})


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_an_exported_key_can_be_imported(algorithm: str) -> None:
    made = SigningKey.generate(algorithm)
    again = SigningKey.from_jwk(made.private_jwk())
    assert (again.kid, again.algorithm) == (made.kid, algorithm)
    assert again.private_jwk() == made.private_jwk()
    assert verify(sign({"a": 1}, again), keys_of(made.public_jwk())).claims == {"a": 1}


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_the_public_jwk_contains_nothing_private(algorithm: str) -> None:
    made = SigningKey.from_jwk(SigningKey.generate(algorithm).private_jwk())
    assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & set(made.public_jwk())
    assert made.public_jwk()["use"] == "sig"
    assert made.public_jwk()["alg"] == algorithm


def test_a_kid_is_the_thumbprint_unless_given() -> None:
    made = SigningKey.generate("ES256")
    assert made.kid == made.joserfc_key.thumbprint()
    jwk = made.private_jwk()
    assert SigningKey.from_jwk({**jwk, "kid": "mine"}).kid == "mine"
    del jwk["kid"]
    assert SigningKey.from_jwk(jwk).kid == made.kid


def test_the_thumbprint_agrees_with_rfc_7638() -> None:
    (key,) = keys_of(RFC_7638_KEY).candidates("2011-04-29", "sig", "PS256")
    assert key.thumbprint() == RFC_7638_THUMBPRINT


def test_the_s256_code_challenge_agrees_with_rfc_7636_appendix_b() -> None:
    assert s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_half_hashes_agree_with_openid_connect_core_appendix_a() -> None:
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    assert half_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk") == "LDktKdoQak3Pk0cnXxCltA"


@pytest.mark.parametrize("algorithm", [None, "RS256", "HS256", "none", "ES384"])
def test_a_signing_key_of_another_algorithm_is_refused(ec: dict[str, object], algorithm: object) -> None:
    with pytest.raises(JwkError):
        SigningKey.from_jwk({**ec, "alg": algorithm})


def test_a_signing_key_of_another_type_is_refused(rsa: dict[str, object], ec: dict[str, object]) -> None:
    with pytest.raises(JwkError):
        SigningKey.from_jwk({**rsa, "alg": "ES256"})
    with pytest.raises(JwkError):
        SigningKey.from_jwk({**ec, "alg": "PS256"})


def test_a_signing_key_of_another_curve_is_refused() -> None:
    with pytest.raises(JwkError):
        SigningKey.from_jwk({**ECKey.generate_key("P-384").as_dict(private=True), "alg": "ES256"})


def test_a_signing_key_without_its_private_part_is_refused() -> None:
    with pytest.raises(JwkError):
        SigningKey.from_jwk(SigningKey.generate("ES256").public_jwk())


@pytest.mark.filterwarnings("ignore:Key size:joserfc.errors.SecurityWarning")
def test_an_rsa_key_under_2048_bits_is_refused() -> None:
    small = RSAKey.generate_key(1024).as_dict(private=True)
    with pytest.raises(JwkError):
        SigningKey.from_jwk({**small, "alg": "PS256"})
    assert keys_of({**small, "kid": "small"}).candidates("small", "sig", "PS256") == []


def test_a_weak_key_is_ignored_without_a_warning() -> None:
    weak = {"kty": "RSA", "n": RFC_7638_KEY["n"][:171], "e": "AQAB"}
    assert keys_of(weak, {"kty": "oct", "k": "c2hvcnQ"}).candidates(None, "sig", "PS256") == []


def test_an_rsa_key_that_is_too_long_is_refused() -> None:
    for times in (5, 50):
        long = {"kty": "RSA", "n": RFC_7638_KEY["n"] * times, "e": "AQAB"}
        assert keys_of(long).candidates(None, "sig", "PS256") == []


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "text",
        7,
        [],
        {},
        {"kty": "unknown", "kid": "k"},
        {"kty": ["RSA"]},
        {"kty": "RSA"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "n": "~" * 342, "e": "AQAB"},
        {"kty": "RSA", "n": "é" * 342, "e": "AQAB"},
        {"kty": "RSA", "n": "a+/=" * 80, "e": "AQAB"},
        {"kty": "RSA", "n": RFC_7638_KEY["n"], "e": "AQ"},
        {"kty": "RSA", "n": RFC_7638_KEY["n"], "e": ""},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": [], "x": "AA", "y": "AA"},
        {**RFC_7638_KEY, "kid": 5},
        {**RFC_7638_KEY, "use": "other"},
        {**RFC_7638_KEY, "use": ["sig"], "key_ops": ["verify"]},
    ],
)
def test_a_key_that_cannot_be_used_is_ignored(entry: object, ec: dict[str, object]) -> None:
    keys = PublicKeys.from_jwks(msgspec.json.encode({"keys": [entry, ec]}))
    assert keys.candidates(None, "sig", "PS256") == []
    assert len(keys.candidates(None, "sig", "ES256")) == 1


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"null",
        b"[]",
        b'"keys"',
        b"{}",
        b'{"keys": null}',
        b'{"keys": "abc"}',
        b'{"keys": {"kty": "RSA"}}',
        b'{"keys": 5}',
        b'{"keys": [',
        b"\xff\xfe",
        b'{"keys": ' + b"[" * 100_000,
        b"[" * 1_000_000,
    ],
)
def test_a_document_that_is_not_a_jwks_is_refused(document: bytes) -> None:
    with pytest.raises(JwkError):
        PublicKeys.from_jwks(document)


def test_a_jwks_with_too_many_keys_is_refused(ec: dict[str, object]) -> None:
    assert PublicKeys.from_jwks({"keys": [ec] * MAXIMUM_KEYS_IN_A_SET})
    with pytest.raises(JwkError):
        PublicKeys.from_jwks({"keys": [ec] * (MAXIMUM_KEYS_IN_A_SET + 1)})


def test_candidate_keys_match_kid_use_and_algorithm(rsa: dict[str, object], ec: dict[str, object]) -> None:
    plain = {name: value for name, value in rsa.items() if name not in {"use", "alg", "kid"}}
    keys = keys_of(
        {**rsa, "kid": "ps"},
        {**plain, "kid": "rs", "alg": "RS256"},
        {**plain, "kid": "encrypts", "use": "enc", "alg": "RSA-OAEP"},
        {**ec, "kid": "es"},
        OctKey.generate_key(256).as_dict(private=True),
    )
    assert keys.has("rs")
    assert not keys.has("other")
    assert len(keys.candidates(None, "sig", "PS256")) == 1
    assert len(keys.candidates("ps", "sig", "PS256")) == 1
    assert len(keys.candidates("es", "sig", "ES256")) == 1
    assert len(keys.candidates("encrypts", "enc", "RSA-OAEP")) == 1
    for kid, use, algorithm in (
        ("rs", "sig", "PS256"),
        ("es", "sig", "PS256"),
        ("ps", "sig", "ES256"),
        ("encrypts", "sig", "PS256"),
        ("encrypts", "enc", "RSA-OAEP-256"),
        ("ps", "enc", "RSA-OAEP"),
        ("other", "sig", "PS256"),
        (None, "sig", "HS256"),
        (None, "sig", "RS256"),
        (None, "sig", "none"),
    ):
        assert keys.candidates(kid, use, algorithm) == []
