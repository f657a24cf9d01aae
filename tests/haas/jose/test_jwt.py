"""Signed and encrypted JWTs: which are accepted, and which are refused."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwe, jws
from joserfc.jwk import RSAKey

from haas.clock import epoch
from haas.jose import JoseError, PublicKeys, SigningKey, check_times, encrypt, read_unverified, sign, verify
from haas.jose.jwt import MAXIMUM_NESTING, MAXIMUM_TOKEN_BYTES

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)

# RFC 7515 A.3
RFC_7515_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC_7515_TOKEN = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)


@pytest.fixture(scope="module")
def ps() -> SigningKey:
    return SigningKey.generate("PS256")


@pytest.fixture(scope="module")
def es() -> SigningKey:
    return SigningKey.generate("ES256")


@pytest.fixture(scope="module")
def keys(ps: SigningKey, es: SigningKey) -> PublicKeys:
    return PublicKeys.from_jwks({"keys": [ps.public_jwk(), es.public_jwk()]})


def segment(value: object) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def signed_with(key: SigningKey, header: dict[str, Any], payload: bytes = b'{"iss":"someone"}') -> str:
    """A JWS with any header, also one that `sign` would not make."""
    algorithm = jws.JWSRegistry.algorithms[key.algorithm]
    content = f"{segment(header)}.{segment(payload)}"
    return f"{content}.{segment(algorithm.sign(content.encode(), key.joserfc_key))}"


def test_the_example_of_rfc_7515_verifies() -> None:
    verified = verify(RFC_7515_TOKEN, PublicKeys.from_jwks({"keys": [RFC_7515_KEY]}))
    assert verified.header == {"alg": "ES256"}
    assert verified.claims == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}


@pytest.mark.parametrize("typ", [None, "at+jwt"])
def test_a_signed_token_verifies(ps: SigningKey, es: SigningKey, keys: PublicKeys, typ: str | None) -> None:
    for key in (ps, es):
        verified = verify(sign({"sub": "é"}, key, typ=typ), keys)
        assert verified.claims == {"sub": "é"}
        expected = {"alg": key.algorithm, "kid": key.kid}
        assert verified.header == (expected if typ is None else {**expected, "typ": typ})


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_changed_segment_is_refused(ps: SigningKey, es: SigningKey, keys: PublicKeys, position: int) -> None:
    for key in (ps, es):
        segments = sign({"amount": 1}, key).split(".")
        middle = len(segments[position]) // 2
        was = segments[position][middle]
        segments[position] = (
            segments[position][:middle] + ("A" if was != "A" else "B") + segments[position][middle + 1 :]
        )
        with pytest.raises(JoseError):
            verify(".".join(segments), keys)


def test_the_signature_of_other_claims_is_refused(es: SigningKey, keys: PublicKeys) -> None:
    header, _, signature = sign({"amount": 1}, es).split(".")
    with pytest.raises(JoseError):
        verify(f"{header}.{segment({'amount': 2})}.{signature}", keys)


def test_a_malformed_signature_is_refused(es: SigningKey, keys: PublicKeys) -> None:
    content, _, signature = sign({"amount": 1}, es).rpartition(".")
    for wrong in ("", signature[:-2], signature + "AA", segment(b"\x30\x44" + b"\x02\x20" + b"\x01" * 66), "A" * 86):
        with pytest.raises(JoseError):
            verify(f"{content}.{wrong}", keys)


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "", None, 5, [], ["ES256"], {"a": 1}])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_an_unsigned_token_is_refused(keys: PublicKeys, alg: object, signature: str) -> None:
    with pytest.raises(JoseError):
        verify(f"{segment({'alg': alg})}.{segment({'iss': 'someone'})}.{signature}", keys)


def test_a_token_without_alg_is_refused(keys: PublicKeys) -> None:
    with pytest.raises(JoseError):
        verify(f"{segment({'kid': 'x'})}.{segment({'iss': 'someone'})}.AAAA", keys)


def test_an_rs256_signature_with_the_right_key_is_refused(ps: SigningKey) -> None:
    token = jws.serialize_compact({"alg": "RS256", "kid": ps.kid}, b"{}", ps.joserfc_key, algorithms=["RS256"])
    unbound = {name: value for name, value in ps.public_jwk().items() if name != "alg"}
    with pytest.raises(JoseError, match="RS256"):
        verify(token, PublicKeys.from_jwks({"keys": [unbound]}))


def test_an_hs256_signature_with_the_public_key_as_secret_is_refused(ps: SigningKey, keys: PublicKeys) -> None:
    content = f"{segment({'alg': 'HS256', 'kid': ps.kid})}.{segment({})}"
    for secret in (ps.joserfc_key.as_pem(private=False), json.dumps(ps.public_jwk()).encode()):
        with pytest.raises(JoseError, match="HS256"):
            verify(f"{content}.{segment(hmac.digest(secret, content.encode(), 'sha256'))}", keys)


def test_an_algorithm_the_caller_does_not_allow_is_refused(ps: SigningKey, es: SigningKey, keys: PublicKeys) -> None:
    assert verify(sign({}, es), keys, algorithms=["ES256"])
    with pytest.raises(JoseError, match="PS256"):
        verify(sign({}, ps), keys, algorithms=["ES256"])


def test_a_signature_of_an_unknown_key_is_refused(keys: PublicKeys) -> None:
    stranger = SigningKey.generate("ES256")
    with pytest.raises(JoseError):
        verify(sign({}, stranger), keys)


def test_a_signature_of_an_unknown_key_with_a_known_kid_is_refused(es: SigningKey, keys: PublicKeys) -> None:
    stranger = SigningKey.from_jwk({**SigningKey.generate("ES256").private_jwk(), "kid": es.kid})
    with pytest.raises(JoseError):
        verify(sign({}, stranger), keys)


def test_a_key_in_the_header_is_not_used(keys: PublicKeys) -> None:
    stranger = SigningKey.generate("ES256")
    token = signed_with(stranger, {"alg": "ES256", "jwk": stranger.public_jwk()})
    with pytest.raises(JoseError):
        verify(token, keys)


def test_a_wrong_kid_is_refused_and_without_a_kid_every_key_is_tried(es: SigningKey, keys: PublicKeys) -> None:
    assert verify(signed_with(es, {"alg": "ES256"}), keys).claims == {"iss": "someone"}
    for kid in ("other", "", 5, ["x"]):
        with pytest.raises(JoseError):
            verify(signed_with(es, {"alg": "ES256", "kid": kid}), keys)


def test_the_second_key_with_the_same_kid_verifies(es: SigningKey) -> None:
    other = SigningKey.generate("ES256")
    keys = PublicKeys.from_jwks({"keys": [{**other.public_jwk(), "kid": es.kid}, es.public_jwk()]})
    assert verify(sign({"a": 1}, es), keys).claims == {"a": 1}


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "ES384"}, {"key_ops": ["sign"], "use": "sig"}])
def test_a_key_for_another_use_or_algorithm_is_refused(es: SigningKey, change: dict[str, Any]) -> None:
    keys = PublicKeys.from_jwks({"keys": [{**es.public_jwk(), **change}]})
    with pytest.raises(JoseError):
        verify(sign({}, es), keys)


def test_unknown_header_parameters_are_ignored(es: SigningKey, keys: PublicKeys) -> None:
    """RFC 7515 4: unknown parameters are ignored unless `crit` names them."""
    header = {"alg": "ES256", "kid": es.kid, "iss": "someone", "x5t": "a", "x5c": ["A" * 1800]}
    assert verify(signed_with(es, header), keys).claims == {"iss": "someone"}


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["other"]},
        {"crit": []},
        {"crit": 5},
        {"b64": False},
        {"b64": False, "crit": ["b64"]},
    ],
)
def test_critical_extensions_are_refused(es: SigningKey, keys: PublicKeys, header: dict[str, Any]) -> None:
    """RFC 7515 4.1.11; RFC 7797 7 forbids `b64` in JWTs."""
    with pytest.raises(JoseError):
        verify(signed_with(es, {"alg": "ES256", **header}), keys)


def test_an_unencoded_payload_is_refused(es: SigningKey, keys: PublicKeys) -> None:
    content = segment({"alg": "ES256", "b64": False, "crit": ["b64"]}) + '.{"iss":"someone"}'
    signature = segment(jws.JWSRegistry.algorithms["ES256"].sign(content.encode(), es.joserfc_key))
    with pytest.raises(JoseError):
        verify(f"{content}.{signature}", keys)


@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"[]", b'"text"', b"5", b"{", b"\xff", b"[" * 20_000, b'{"a":' * 4_000, b'{"exp":1e400}'],
)
def test_a_payload_that_is_not_a_json_object_is_refused(es: SigningKey, keys: PublicKeys, payload: bytes) -> None:
    token = signed_with(es, {"alg": "ES256"}, payload)
    for read in (read_unverified, lambda token: verify(token, keys)):
        with pytest.raises(JoseError):
            read(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.b.c.d.e",
        "é.é.é",
        f"{segment(['alg'])}.{segment({})}.AAAA",
        f"{segment(['alg', 'b64'])}.{segment({})}.AAAA",
        f"{segment('alg')}.{segment({})}.AAAA",
        f"{segment(5)}.{segment({})}.AAAA",
        f"{segment(b'{')}.{segment({})}.AAAA",
        f"{segment(b'[' * 5_000)}.{segment({})}.AAAA",
        f"{segment({'alg': 'ES256'})}.~.AAAA",
        f"{segment({'alg': 'ES256'})}.{segment({})}.~",
        f"{segment({'alg': 'ES256'})}.{segment({})}=.AAAA",
    ],
)
def test_a_malformed_token_is_refused(keys: PublicKeys, token: str) -> None:
    with pytest.raises(JoseError):
        verify(token, keys)


def test_a_token_above_the_size_limit_is_refused(es: SigningKey, keys: PublicKeys) -> None:
    assert verify(sign({"filler": "a" * 20_000}, es), keys)
    for size in (MAXIMUM_TOKEN_BYTES, 200_000):
        with pytest.raises(JoseError, match="limit"):
            verify(sign({"filler": "a" * size}, es), keys)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (r"\u0000", True),
        (r"nul\u0000nul", True),
        (r"\\\u0000", True),
        (r"\\u0000", False),
        (r"\n\\\\u0000", False),
        (r"u0000\u0001", False),
    ],
)
@pytest.mark.parametrize("payload", ['{"iss":"%s"}', '{"%s":1}', '{"a":[{"b":"%s"}]}'])
def test_only_strings_with_u_0000_are_refused(
    es: SigningKey,
    keys: PublicKeys,
    payload: str,
    text: str,
    refused: bool,  # noqa: FBT001 - a column of the table
) -> None:
    token = signed_with(es, {"alg": "ES256"}, (payload % text).encode())
    if refused:
        with pytest.raises(JoseError, match=r"U\+0000"):
            verify(token, keys)
    else:
        assert verify(token, keys)


@pytest.mark.parametrize(("opening", "closing"), [(b'{"a":', b"}"), (b"[", b"]")])
def test_claims_nested_too_deeply_are_refused(es: SigningKey, keys: PublicKeys, opening: bytes, closing: bytes) -> None:
    def nested(levels: int) -> str:
        inner = opening * levels + b"1" + closing * levels
        return signed_with(es, {"alg": "ES256"}, b'{"claims":' + inner + b"}")

    assert verify(nested(MAXIMUM_NESTING - 1), keys)
    for levels in (MAXIMUM_NESTING, 900, 3000):
        with pytest.raises(JoseError):
            verify(nested(levels), keys)


def test_many_claims_on_one_level_are_accepted(es: SigningKey, keys: PublicKeys) -> None:
    assert verify(sign({"claims": [{"name": [number]} for number in range(MAXIMUM_NESTING)]}, es), keys)


def test_read_unverified_returns_header_and_claims() -> None:
    read = read_unverified(sign({"iss": "someone"}, SigningKey.generate("ES256")))
    assert read.claims == {"iss": "someone"}
    assert read.header["alg"] == "ES256"


def at(seconds: float) -> int:
    return epoch(NOW) + int(seconds)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": at(1)},
        {"exp": at(-29)},
        {"exp": at(3630)},
        {"exp": at(60) + 0.5, "nbf": at(-1), "iat": at(-1)},
        {"exp": at(60), "nbf": at(30), "iat": at(30)},
        {"exp": at(60), "nbf": None, "iat": None},
    ],
)
def test_times_within_the_limits_are_accepted(claims: dict[str, Any]) -> None:
    check_times(claims, NOW, longest=timedelta(hours=1))


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({}, "exp is missing"),
        ({"exp": None}, "exp is missing"),
        ({"exp": at(-30)}, "expired"),
        ({"exp": at(3631)}, "further ahead"),
        ({"exp": 10**400}, "further ahead"),
        ({"exp": -(10**400)}, "expired"),
        ({"exp": str(at(60))}, "exp is not a number"),
        ({"exp": True}, "exp is not a number"),
        ({"exp": [at(60)]}, "exp is not a number"),
        ({"exp": at(60), "nbf": at(31)}, "nbf"),
        ({"exp": at(60), "nbf": "now"}, "nbf is not a number"),
        ({"exp": at(60), "iat": at(31)}, "iat"),
        ({"exp": at(60), "iat": False}, "iat is not a number"),
    ],
)
def test_times_outside_the_limits_are_refused(claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(JoseError, match=reason):
        check_times(claims, NOW, longest=timedelta(hours=1))


def test_the_caller_can_set_the_clock_skew() -> None:
    with pytest.raises(JoseError, match="expired"):
        check_times({"exp": at(0)}, NOW, longest=timedelta(hours=1), skew=timedelta(0))


@pytest.fixture(scope="module")
def recipient() -> RSAKey:
    return RSAKey.generate_key(2048)


@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA-OAEP-256"])
@pytest.mark.parametrize("enc", ["A256GCM", "A128CBC-HS256"])
@pytest.mark.parametrize("names", [("alg",), ()])
def test_a_signed_token_is_encrypted_as_a_nested_jwt(
    es: SigningKey, recipient: RSAKey, alg: str, enc: str, names: tuple[str, ...]
) -> None:
    published = {**recipient.as_dict(), "use": "enc", "kid": "theirs", **dict.fromkeys(names, alg)}
    token = sign({"iss": "us"}, es)
    nested = encrypt(token, PublicKeys.from_jwks({"keys": [es.public_jwk(), published]}), alg=alg, enc=enc)
    opened = jwe.decrypt_compact(nested, recipient, algorithms=[alg, enc])
    assert opened.plaintext == token.encode()
    assert opened.headers() == {"alg": alg, "enc": enc, "cty": "JWT", "kid": "theirs"}


def test_encryption_for_a_key_without_kid_sets_no_kid(recipient: RSAKey) -> None:
    plain = {name: value for name, value in recipient.as_dict().items() if name != "kid"}
    nested = encrypt("a.b.c", PublicKeys.from_jwks({"keys": [plain]}), alg="RSA-OAEP", enc="A256GCM")
    assert "kid" not in jwe.decrypt_compact(nested, recipient, algorithms=["RSA-OAEP", "A256GCM"]).headers()


@pytest.mark.parametrize(
    "change", [{"use": "sig"}, {"alg": "RSA-OAEP-256"}, {"key_ops": ["verify"]}, {"kty": "unknown"}]
)
def test_encryption_without_a_suitable_key_is_refused(recipient: RSAKey, change: dict[str, Any]) -> None:
    keys = PublicKeys.from_jwks({"keys": [{**recipient.as_dict(), **change}]})
    with pytest.raises(JoseError):
        encrypt("a.b.c", keys, alg="RSA-OAEP", enc="A256GCM")


@pytest.mark.parametrize(
    ("alg", "enc"), [("RSA1_5", "A256GCM"), ("RSA-OAEP", "A128GCM"), ("dir", "A256GCM"), ("ECDH-ES", "A256GCM")]
)
def test_other_encryption_algorithms_are_refused(recipient: RSAKey, alg: str, enc: str) -> None:
    with pytest.raises(JoseError):
        encrypt("a.b.c", PublicKeys.from_jwks({"keys": [recipient.as_dict()]}), alg=alg, enc=enc)
