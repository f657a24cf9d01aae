"""Limits on the processor time that keys and tokens of other parties can cause."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import JWKRegistry, Key

from haas.jose import JoseError, PublicKeys, SigningKey, sign, verify
from haas.jose.jwk import MAXIMUM_RSA_BITS, MAXIMUM_RSA_EXPONENT_BITS, MINIMUM_RSA_BITS
from haas.jose.jwt import MAXIMUM_CANDIDATES
from haas.jose.keys import MAXIMUM_KEYS_IN_A_SET

RSA = SigningKey.generate("PS256")
EC = SigningKey.generate("ES256")


def number(bits: int) -> str:
    """Return an odd number with this many bits, encoded in base64url."""
    value = (1 << (bits - 1)) | 1
    return urlsafe_b64encode(value.to_bytes((bits + 7) // 8, "big")).decode().rstrip("=")


def number_of_usable_keys(*keys: dict[str, Any]) -> int:
    read = PublicKeys.from_jwks({"keys": list(keys)})
    return len(read.candidates(None, "sig", "PS256")) + len(read.candidates(None, "sig", "ES256"))


def test_private_members_are_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its prime factors a private RSA key is factored on import: 0.1 s for 2,048 bits, seconds for 4,096."""
    imported: list[set[str]] = []
    genuine = JWKRegistry.import_key

    def spy(jwk: dict[str, Any]) -> Key:
        imported.append(set(jwk))
        return genuine(jwk)

    monkeypatch.setattr(JWKRegistry, "import_key", spy)
    whole = RSA.private_jwk()
    unfactored = {name: whole[name] for name in ("kty", "n", "e", "d", "kid")}
    others = [unfactored] * (MAXIMUM_KEYS_IN_A_SET - 2)
    assert number_of_usable_keys(whole, EC.private_jwk(), *others) == MAXIMUM_KEYS_IN_A_SET
    assert imported
    for members in imported:
        assert members <= {"kty", "n", "e", "crv", "x", "y", "kid", "use", "alg", "key_ops"}


@pytest.mark.parametrize("bits", [3, 17, 25, MAXIMUM_RSA_EXPONENT_BITS])
def test_rsa_exponents_up_to_the_maximum_length_are_accepted(bits: int) -> None:
    assert number_of_usable_keys({"kty": "RSA", "n": number(MINIMUM_RSA_BITS), "e": number(bits)}) == 1


@pytest.mark.parametrize("bits", [MAXIMUM_RSA_EXPONENT_BITS + 1, 64, 256, 3071, 8_000_000])
def test_longer_rsa_exponents_are_not_accepted(bits: int) -> None:
    """With an exponent of 3,071 bits one verification takes as long as a signature."""
    key = {"kty": "RSA", "n": number(3072), "e": number(bits)}
    assert number_of_usable_keys(key) == 0
    with pytest.raises(JoseError):
        verify(sign({}, RSA), PublicKeys.from_jwks({"keys": [key]}))


@pytest.mark.parametrize(
    ("bits", "expected"), [(2047, 0), (2048, 1), (8192, 1), (8193, 0), (16_384, 0), (8_000_000, 0)]
)
def test_only_rsa_moduli_of_2048_to_8192_bits_are_accepted(bits: int, expected: int) -> None:
    assert MAXIMUM_RSA_BITS == 8192
    assert number_of_usable_keys({"kty": "RSA", "n": number(bits), "e": "AQAB"}) == expected


@pytest.mark.parametrize("name", ["x", "y"])
def test_elliptic_curve_coordinates_that_are_too_long_are_not_accepted(name: str) -> None:
    assert number_of_usable_keys({**EC.public_jwk(), name: number(8_000_000)}) == 0
    assert number_of_usable_keys({**EC.public_jwk(), name: number(264)}) == 0


def test_a_token_with_too_many_candidate_keys_is_refused() -> None:
    """OIDC Core 10.1: where several keys could have signed a token, its header names one with `kid`."""
    fitting = EC.public_jwk()
    others = [SigningKey.generate("ES256").public_jwk() for _ in range(MAXIMUM_CANDIDATES)]
    anonymous = {**fitting, "kid": None}
    token = sign({"a": 1}, SigningKey.from_jwk({**EC.private_jwk(), "kid": "same"}))
    without_kid = _without_kid()
    assert verify(without_kid, PublicKeys.from_jwks({"keys": [*others[1:], anonymous]})).claims == {"a": 1}
    for said in (token, without_kid):
        same = [{**key, "kid": "same"} for key in [*others, fitting]]
        with pytest.raises(JoseError, match="kid"):
            verify(said, PublicKeys.from_jwks({"keys": same}))
    assert verify(token, PublicKeys.from_jwks({"keys": [*others, {**fitting, "kid": "same"}]})).claims == {"a": 1}


def _without_kid() -> str:
    header = {"alg": "ES256"}
    return jws.serialize_compact(header, b'{"a":1}', EC.joserfc_key, algorithms=["ES256"])
