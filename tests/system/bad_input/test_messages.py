"""Wrong assertions, request objects and bodies of a data recipient; the error says what is wrong."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from haas.clock import epoch
from ops.sandbox.jose import SigningKey
from ops.sandbox.messages import ABSENT, Deviation, tampered
from ops.sandbox.recipient.answers import Refused, Tokens
from ops.sandbox.recipient.client import RecipientClient
from ops.smoke.participants import SCOPES
from tests.support.ecosystem import Ecosystem
from tests.support.expectations import oauth_error, refused

FOREIGN = SigningKey.generate("ES256")
Make = Callable[[RecipientClient], Deviation]


def _at(client: RecipientClient, seconds: int) -> int:
    return epoch(client.clock.now()) + seconds


ASSERTIONS: dict[str, tuple[Make, str]] = {
    "another key": (lambda _: Deviation(key=FOREIGN), "not signed by a key of its JWKS"),
    "unsigned": (lambda _: Deviation(header={"alg": "none"}), "not signed by a key of its JWKS"),
    "public key as secret": (lambda _: Deviation(header={"alg": "HS256"}), "not signed by a key of its JWKS"),
    "tampered": (
        lambda client: Deviation(token=tampered(client.assertion(), jti="another")),
        "not signed by a key of its JWKS",
    ),
    "not a JWT": (lambda _: Deviation(token="assertion"), "not a signed JWT"),
    "expired": (
        lambda client: Deviation(claims={"iat": _at(client, -900), "exp": _at(client, -600)}),
        "times are wrong",
    ),
    "without exp": (lambda _: Deviation(claims={"exp": ABSENT}), "times are wrong"),
    "for another brand": (lambda _: Deviation(claims={"aud": "https://banksia.haas.localhost"}), r"\(aud\)"),
    "another issuer": (lambda _: Deviation(claims={"iss": "somebody"}), "iss and sub"),
    "without a jti": (lambda _: Deviation(claims={"jti": ABSENT}), "jti of the client assertion is missing"),
}


@pytest.mark.parametrize("case", ASSERTIONS)
async def test_a_wrong_assertion_is_refused(ecosystem: Ecosystem, case: str) -> None:
    make, said = ASSERTIONS[case]
    with refused("invalid_client", said, 401):
        await ecosystem.mine.client_credentials(assertion=make(ecosystem.mine))


async def test_a_replayed_assertion_is_refused_at_every_endpoint(ecosystem: Ecosystem) -> None:
    """After its first use it is refused at all endpoints (CDS, Private Key JWT Client Authentication)."""
    used = Deviation(token=ecosystem.mine.assertion())
    await ecosystem.mine.client_credentials(assertion=used)
    for call in (
        ecosystem.mine.client_credentials(assertion=used),
        ecosystem.mine.push(SCOPES, assertion=used),
        ecosystem.mine.introspect("token", assertion=used),
        ecosystem.mine.revoke_token("token", assertion=used),
        ecosystem.mine.revoke_arrangement("id", assertion=used),
    ):
        with refused("invalid_client", r"used before \(jti\)", 401):
            await call


async def test_one_of_four_identical_assertions_at_once_is_accepted(ecosystem: Ecosystem) -> None:
    used = Deviation(token=ecosystem.mine.assertion())
    asked = (ecosystem.mine.client_credentials(assertion=used) for _ in range(4))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert len([answer for answer in answers if isinstance(answer, Tokens)]) == 1
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refusals) == 3
    for refusal in refusals:
        oauth_error(refusal.response, "invalid_client", r"used before \(jti\)", 401)


REQUEST_OBJECTS: dict[str, tuple[Make, str]] = {
    "another key": (lambda _: Deviation(key=FOREIGN), "does not verify"),
    "unsigned": (lambda _: Deviation(header={"alg": "none"}), "does not verify"),
    "public key as secret": (lambda _: Deviation(header={"alg": "HS256"}), "does not verify"),
    "tampered": (
        lambda client: Deviation(token=tampered(client.request_object({}), scope="openid profile")),
        "does not verify",
    ),
    "not a JWT": (lambda _: Deviation(token="{}"), "does not verify"),
    "expired": (
        lambda client: Deviation(claims={"nbf": _at(client, -900), "exp": _at(client, -600)}),
        r"expired \(exp\)",
    ),
    "valid for too long": (
        lambda client: Deviation(claims={"nbf": _at(client, 0), "exp": _at(client, 3601)}),
        "more than 60 minutes after nbf",
    ),
    "without exp": (lambda _: Deviation(claims={"exp": ABSENT}), "must have exp and nbf"),
    "another client's": (lambda _: Deviation(claims={"client_id": "somebody"}), "not the authenticated client"),
    "for another brand": (lambda _: Deviation(claims={"aud": "https://banksia.haas.localhost"}), "aud"),
    "wrong type of a claim": (lambda _: Deviation(claims={"scope": ["openid"]}), "malformed"),
}


@pytest.mark.parametrize("case", REQUEST_OBJECTS)
async def test_a_wrong_request_object_is_refused(ecosystem: Ecosystem, case: str) -> None:
    make, said = REQUEST_OBJECTS[case]
    with refused("invalid_request_object", said):
        await ecosystem.mine.push(SCOPES, request=make(ecosystem.mine))


async def test_a_pushed_request_without_a_request_object_is_refused(ecosystem: Ecosystem) -> None:
    with refused("invalid_request", "signed request object is required"):
        await ecosystem.mine.push(SCOPES, form={"request": ABSENT, "response_type": "code", "scope": "openid"})


FORM = "application/x-www-form-urlencoded"
BODIES: dict[str, tuple[str, bytes, str]] = {
    "JSON": ("application/json", b'{"grant_type": "client_credentials"}', f"content type must be {FORM}"),
    "no content type": ("", b"grant_type=client_credentials", f"content type must be {FORM}"),
    "multipart": ("multipart/form-data; boundary=x", b"--x--\r\n", f"content type must be {FORM}"),
    "not ASCII": (FORM, "grant_type=ü".encode(), "cannot be read"),
    "not UTF-8": (FORM, b"grant_type=%ff", "cannot be read"),
    "a parameter twice": (FORM, b"grant_type=a&grant_type=b", "more than once"),
    "too many parameters": (FORM, b"&".join(b"p%d=1" % number for number in range(60)), "cannot be read"),
}


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("endpoint", ["token", "pushed_authorization_request", "cdr_arrangement_revocation"])
async def test_a_body_that_is_not_a_valid_form_is_refused(ecosystem: Ecosystem, endpoint: str, case: str) -> None:
    content_type, body, said = BODIES[case]
    response = await _post(ecosystem, endpoint, body, content_type)
    oauth_error(response, "invalid_request", said)


@pytest.mark.parametrize("endpoint", ["token", "pushed_authorization_request", "cdr_arrangement_revocation"])
@pytest.mark.parametrize("body", [b"", b"a=b"])
async def test_a_form_without_a_client_assertion_is_refused(ecosystem: Ecosystem, endpoint: str, body: bytes) -> None:
    oauth_error(await _post(ecosystem, endpoint, body, FORM), "invalid_client", "assertion is required", 401)


@pytest.mark.parametrize("size", [100 * 1024, 600 * 1024])
async def test_a_body_that_is_too_large_gets_the_same_error_from_application_and_proxy(
    ecosystem: Ecosystem, size: int
) -> None:
    response = await _post(ecosystem, "token", b"a=" + b"b" * size, FORM)
    oauth_error(response, "invalid_request", "larger than this service accepts", 413)


@pytest.mark.parametrize("endpoint", ["token", "pushed_authorization_request", "registration"])
async def test_a_method_that_is_not_served_is_refused(ecosystem: Ecosystem, endpoint: str) -> None:
    response = await ecosystem.mine.http.get(ecosystem.mine.holder.document[f"{endpoint}_endpoint"])
    oauth_error(response, "invalid_request", "method is not served", 405)
    assert response.headers["allow"] == "OPTIONS, POST"


REGISTRATIONS: dict[str, tuple[str, bytes, str, str]] = {
    "JSON": ("application/json", b"{}", "invalid_request", "content type must be application/jwt"),
    "not a JWT": ("application/jwt", b"{}", "invalid_client_metadata", "registration request is invalid"),
    "not ASCII": ("application/jwt", "jwt ü".encode(), "invalid_request", "not a JWT"),
}


@pytest.mark.parametrize("case", REGISTRATIONS)
async def test_a_malformed_registration_body_is_refused(ecosystem: Ecosystem, case: str) -> None:
    content_type, body, error, said = REGISTRATIONS[case]
    oauth_error(await _post(ecosystem, "registration", body, content_type), error, said)


async def _post(ecosystem: Ecosystem, endpoint: str, body: bytes, content_type: str) -> httpx.Response:
    url: Any = ecosystem.mine.holder.document[f"{endpoint}_endpoint"]
    headers = {"Content-Type": content_type} if content_type else {}
    return await ecosystem.mine.http.post(url, content=body, headers=headers)
