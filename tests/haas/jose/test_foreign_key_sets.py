"""JWKS in the forms that servers of other parties publish, and the errors for unusable ones."""

import gzip
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from haas.clock import MovableClock
from haas.jose import JoseError, JwksClient, JwksError, PublicKeys, SigningKey, encrypt, sign, verify
from haas.outbound import Outbound
from tests.haas.tls_server import HOST, TestAuthority, answer_of, settings_for, tls_server

KEYS = {algorithm: SigningKey.generate(algorithm) for algorithm in ("PS256", "ES256")}
EMPTY: list[Any] = [None, "", [], {}]
PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
OPTIONAL = ("alg", "use", "key_ops", "x5u", "x5c", "x5t", "x5t#S256", "ext", "iat", "exp", *PRIVATE)
OF_OTHER_TYPES: list[Any] = [
    {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kty": "OKP", "crv": "X25519", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"},
    {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA"},
    {"kty": "oct", "k": "c2VjcmV0"},
    {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
    {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
    {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    {"kty": None},
    {"kty": ""},
    {"kid": "no kty"},
    None,
    "text",
]


def bare(algorithm: str) -> dict[str, Any]:
    """Return only the required members of a public key, and its kid."""
    return {name: value for name, value in KEYS[algorithm].public_jwk().items() if name not in {"alg", "use"}}


def verifies(document: bytes, algorithm: str) -> bool:
    claims = {"a": 1}
    return verify(sign(claims, KEYS[algorithm]), PublicKeys.from_jwks(document)).claims == claims


def encoded(*keys: Any) -> bytes:
    return msgspec.json.encode({"keys": keys})


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("algorithm", KEYS)
def test_an_empty_optional_member_counts_as_absent(algorithm: str, name: str, empty: Any) -> None:
    assert verifies(encoded({**bare(algorithm), name: empty}), algorithm)


@pytest.mark.parametrize("algorithm", KEYS)
def test_all_optional_members_may_be_empty(algorithm: str) -> None:
    for empty in EMPTY:
        assert verifies(encoded({**bare(algorithm), **dict.fromkeys(OPTIONAL, empty)}), algorithm)


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
def test_a_key_with_an_empty_kid_has_no_kid(empty: Any) -> None:
    keys = PublicKeys.from_jwks(encoded({**bare("ES256"), "kid": empty}))
    assert len(keys.candidates(None, "sig", "ES256")) == 1
    assert keys.candidates("", "sig", "ES256") == []


@pytest.mark.parametrize("name", ["use", "alg", "key_ops", "d"])
def test_an_encryption_key_may_have_an_empty_member(name: str) -> None:
    keys = PublicKeys.from_jwks(encoded({**bare("PS256"), name: None}))
    assert encrypt("a.b.c", keys, alg="RSA-OAEP-256", enc="A256GCM").count(".") == 4


@pytest.mark.parametrize("algorithm", KEYS)
def test_private_members_and_certificates_are_ignored(algorithm: str) -> None:
    """A malformed certificate beside a good key, or a private part that does not fit it, changes nothing."""
    strange = {"x5c": "not a list", "x5t": 7, "x5u": "ftp://x", "d": "AA", "p": 5, "oth": [{"r": "AA"}]}
    assert verifies(encoded({**bare(algorithm), **strange}), algorithm)
    (key,) = PublicKeys.from_jwks(encoded(KEYS[algorithm].private_jwk())).candidates(None, "sig", algorithm)
    assert not key.is_private


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_key_for_another_use_does_not_verify_signatures(algorithm: str) -> None:
    for restricted in (
        {"use": "enc"},
        {"alg": "RS256"},
        {"key_ops": ["encrypt"]},
        {"use": "sig", "key_ops": ["encrypt"]},
        {"key_ops": [None]},
    ):
        with pytest.raises(JoseError, match="not signed with a key"):
            verifies(encoded({**bare(algorithm), **restricted}), algorithm)
    assert verifies(encoded({**bare(algorithm), "use": "sig", "key_ops": ["verify"], "alg": algorithm}), algorithm)


@pytest.mark.parametrize("use", [{}, {"use": "sig"}], ids=str)
@pytest.mark.parametrize("algorithm", KEYS)
def test_an_unknown_key_operation_beside_the_right_one_is_ignored(algorithm: str, use: dict[str, str]) -> None:
    """RFC 7517 4.3: "Other values MAY be used"."""
    assert verifies(encoded({**bare(algorithm), **use, "key_ops": ["verify", "attest", {}, None]}), algorithm)
    with pytest.raises(JoseError, match="not signed with a key"):
        verifies(encoded({**bare(algorithm), **use, "key_ops": ["attest"]}), algorithm)


@pytest.mark.parametrize("algorithm", KEYS)
def test_unusable_keys_in_a_jwks_are_ignored(algorithm: str) -> None:
    assert verifies(encoded(*OF_OTHER_TYPES, bare(algorithm), *OF_OTHER_TYPES), algorithm)


def test_the_numbers_of_a_key_may_begin_with_a_zero_byte() -> None:
    """Java's BigInteger encodes them so, against RFC 7518 6.3.1.1; the value is the same."""
    for algorithm, names in (("PS256", ("n", "e")), ("ES256", ("x", "y"))):
        key = bare(algorithm)
        for name in names:
            number = b"\0" + urlsafe_b64decode(key[name] + "==")
            key[name] = urlsafe_b64encode(number).decode().rstrip("=")
        assert verifies(encoded(key), algorithm)


@pytest.fixture
async def jwks(authority: TestAuthority, tmp_path: Path) -> AsyncIterator[JwksClient]:
    async with Outbound(settings_for(authority)) as outbound:
        yield JwksClient(outbound, MovableClock(tmp_path / "clock"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answer_of(gzip.compress(b"{}", mtime=0), Content_Encoding="gzip"), "content encoding gzip"),
        (answer_of(b"", "404 Not Found"), "answered 404"),
        (answer_of(b"", "302 Found", Location="https://elsewhere.test"), "answered 302"),
        (answer_of(b"<html>"), "not a JWKS document"),
        (answer_of(b""), "not a JWKS document"),
        (answer_of(b'{"keys": 1}'), "not an array"),
        (answer_of(b'{"keys":[%s]}' % b",".join([b"{}"] * 101)), "101 keys"),
        (answer_of(b" " * (1024 * 1024 + 1)), "more than 1048576 bytes"),
    ],
)
async def test_the_error_for_an_unusable_jwks_contains_the_reason_and_the_uri(
    jwks: JwksClient, authority: TestAuthority, answer: bytes, said: str
) -> None:
    async with tls_server(authority, [HOST], lambda _: answer) as server:
        uri = f"https://{HOST}:{server.port}/jwks"
        with pytest.raises(JwksError, match=said) as failure:
            await jwks.keys(uri)
    assert uri in str(failure.value)


async def test_the_error_for_an_untrusted_certificate_mentions_the_certificate(
    authority: TestAuthority, jwks: JwksClient, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    async with tls_server(TestAuthority(stranger), [HOST], lambda _: b"") as server:
        with pytest.raises(JwksError, match="certificate"):
            await jwks.keys(f"https://{HOST}:{server.port}/jwks")


async def test_a_jwks_may_begin_with_a_byte_order_mark(authority: TestAuthority, jwks: JwksClient) -> None:
    """RFC 8259 8.1: a parser may ignore a byte order mark."""
    answer = answer_of(b"\xef\xbb\xbf" + encoded(bare("ES256")))
    async with tls_server(authority, [HOST], lambda _: answer) as server:
        keys = await jwks.keys(f"https://{HOST}:{server.port}/jwks")
    assert keys.has(KEYS["ES256"].kid)
