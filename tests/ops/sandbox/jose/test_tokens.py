"""Tokens: signatures, wrong tokens, and times. The product's JOSE is the counterpart, as it is in reality."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import haas.jose
from ops.sandbox.jose import (
    Algorithm,
    JoseError,
    PublicKeys,
    SigningKey,
    check_times,
    half_hash,
    read_unverified,
    s256,
    sign,
    verify,
)
from ops.sandbox.messages import Deviation, signed
from tests.ops.sandbox.conftest import key_of

NOW = datetime(2026, 11, 26, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
HOUR = timedelta(hours=1)


def published(key: SigningKey) -> PublicKeys:
    return PublicKeys.from_jwks({"keys": [key.public_jwk()]})


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_the_product_and_the_sandbox_verify_each_others_tokens(algorithm: Algorithm) -> None:
    key, claims = key_of(algorithm), {"sub": "a", "names": ["é", "b"]}
    theirs = haas.jose.SigningKey.from_jwk(key.private_jwk())
    verified = verify(haas.jose.sign(claims, theirs, typ="JWT"), published(key))
    assert verified.claims == claims
    assert verified.header == {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
    assert haas.jose.verify(sign(claims, key), haas.jose.PublicKeys.from_jwks({"keys": [key.public_jwk()]})) == verified


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "a.b",
        "é.b.c",
        signed({}, key_of("ES256")) + "=",
        signed({}, key_of("ES256")) + ".x",
        signed({}, key_of("ES256"), Deviation(header={"crit": ["exp"], "exp": 1})),
        signed({}, key_of("ES256"), Deviation(header={"kid": 7})),
        signed({"long": "x" * 32_768}, key_of("ES256")),
    ],
)
def test_a_malformed_token_is_refused(token: str) -> None:
    key = key_of("ES256")
    assert verify(sign({"sub": "a"}, key), published(key)).claims == {"sub": "a"}
    with pytest.raises(JoseError):
        verify(token, published(key))


def test_a_token_of_another_key_or_algorithm_is_refused() -> None:
    key, other = key_of("ES256"), SigningKey.generate("ES256")
    token = sign({"sub": "a"}, key)
    assert read_unverified(token).claims == verify(token, published(key)).claims
    with pytest.raises(JoseError, match="no key"):
        verify(token, published(other))
    with pytest.raises(JoseError, match="alg is one of PS256"):
        verify(token, published(key), algorithms=("PS256",))


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": None}, "exp is missing"),
        ({"exp": "soon"}, "exp is not a number"),
        ({"exp": True}, "exp is not a number"),
        ({"exp": MOMENT - 30}, "expired"),
        ({"exp": MOMENT + 3631}, "more than 3600 seconds ahead"),
        ({"nbf": MOMENT + 31}, "nbf is in the future"),
        ({"iat": MOMENT + 31}, "iat is in the future"),
        ({"iat": "now"}, "iat is not a number"),
    ],
)
def test_wrong_times_are_refused(claims: dict[str, Any], reason: str) -> None:
    correct = {"exp": MOMENT + 60, "nbf": MOMENT, "iat": MOMENT}
    check_times(correct, NOW, longest=HOUR)
    with pytest.raises(JoseError, match=reason):
        check_times({**correct, **claims}, NOW, longest=HOUR)


@pytest.mark.parametrize(
    "claims", [{"exp": MOMENT - 29}, {"exp": MOMENT + 3630}, {"exp": MOMENT + 60, "nbf": MOMENT + 30}]
)
def test_clocks_may_differ_by_thirty_seconds(claims: dict[str, Any]) -> None:
    check_times(claims, NOW, longest=HOUR)
    with pytest.raises(JoseError):
        check_times(claims, NOW + 2 * HOUR, longest=HOUR)


def test_hashes_agree_with_the_examples_of_the_specifications() -> None:
    """RFC 7636 appendix B; OpenID Connect Core A.3."""
    assert s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
