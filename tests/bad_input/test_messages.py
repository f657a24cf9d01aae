"""What a recipient sends: assertions, request objects, bodies. What is wrong is told, and leaves no trace."""

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
from tests.bad_input.expectations import oauth_error, refused
from tests.bad_input.ground import Ground

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
    "no JWT": (lambda _: Deviation(token="assertion"), "not a signed JWT"),
    "expired": (
        lambda client: Deviation(claims={"iat": _at(client, -900), "exp": _at(client, -600)}),
        "times are wrong",
    ),
    "without an end": (lambda _: Deviation(claims={"exp": ABSENT}), "times are wrong"),
    "for another brand": (lambda _: Deviation(claims={"aud": "https://banksia.haas.localhost"}), r"\(aud\)"),
    "another issuer": (lambda _: Deviation(claims={"iss": "somebody"}), "iss and sub"),
    "without a jti": (lambda _: Deviation(claims={"jti": ABSENT}), "no jti"),
}


@pytest.mark.parametrize("case", ASSERTIONS)
async def test_a_wrong_assertion(ground: Ground, case: str) -> None:
    make, said = ASSERTIONS[case]
    with refused("invalid_client", said, 401):
        await ground.mine.client_credentials(assertion=make(ground.mine))


async def test_a_replayed_assertion(ground: Ground) -> None:
    """Spent by the first use of any kind, and at every endpoint (CDS, Private Key JWT Client Authentication)."""
    used = Deviation(token=ground.mine.assertion())
    await ground.mine.client_credentials(assertion=used)
    for call in (
        ground.mine.client_credentials(assertion=used),
        ground.mine.push(SCOPES, assertion=used),
        ground.mine.introspect("token", assertion=used),
        ground.mine.revoke_token("token", assertion=used),
        ground.mine.revoke_arrangement("id", assertion=used),
    ):
        with refused("invalid_client", r"used before \(jti\)", 401):
            await call


async def test_an_assertion_that_comes_twice_at_once(ground: Ground) -> None:
    used = Deviation(token=ground.mine.assertion())
    asked = (ground.mine.client_credentials(assertion=used) for _ in range(4))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert len([answer for answer in answers if isinstance(answer, Tokens)]) == 1
    for answer in answers:
        if isinstance(answer, Refused):
            oauth_error(answer.response, "invalid_client", r"used before \(jti\)", 401)


REQUEST_OBJECTS: dict[str, tuple[Make, str]] = {
    "another key": (lambda _: Deviation(key=FOREIGN), "does not verify"),
    "unsigned": (lambda _: Deviation(header={"alg": "none"}), "does not verify"),
    "public key as secret": (lambda _: Deviation(header={"alg": "HS256"}), "does not verify"),
    "tampered": (
        lambda client: Deviation(token=tampered(client.request_object({}), scope="openid profile")),
        "does not verify",
    ),
    "no JWT": (lambda _: Deviation(token="{}"), "does not verify"),
    "expired": (
        lambda client: Deviation(claims={"nbf": _at(client, -900), "exp": _at(client, -600)}),
        r"expired \(exp\)",
    ),
    "over-long": (
        lambda client: Deviation(claims={"nbf": _at(client, 0), "exp": _at(client, 3601)}),
        "more than 60 minutes after nbf",
    ),
    "without an end": (lambda _: Deviation(claims={"exp": ABSENT}), "must have exp and nbf"),
    "another client's": (lambda _: Deviation(claims={"client_id": "somebody"}), "not the authenticated client"),
    "for another brand": (lambda _: Deviation(claims={"aud": "https://banksia.haas.localhost"}), "aud"),
    "of another shape": (lambda _: Deviation(claims={"scope": ["openid"]}), "malformed"),
}


@pytest.mark.parametrize("case", REQUEST_OBJECTS)
async def test_a_wrong_request_object(ground: Ground, case: str) -> None:
    make, said = REQUEST_OBJECTS[case]
    with refused("invalid_request_object", said):
        await ground.mine.push(SCOPES, request=make(ground.mine))


async def test_no_request_object(ground: Ground) -> None:
    with refused("invalid_request", "signed request object is required"):
        await ground.mine.push(SCOPES, form={"request": ABSENT, "response_type": "code", "scope": "openid"})


FORM = "application/x-www-form-urlencoded"
BODIES: dict[str, tuple[str, bytes, str]] = {
    "JSON": ("application/json", b'{"grant_type": "client_credentials"}', f"content type must be {FORM}"),
    "no content type": ("", b"grant_type=client_credentials", f"content type must be {FORM}"),
    "multipart": ("multipart/form-data; boundary=x", b"--x--\r\n", f"content type must be {FORM}"),
    "not ASCII": (FORM, "grant_type=ü".encode(), "cannot be read"),
    "not UTF-8": (FORM, b"grant_type=%ff", "cannot be read"),
    "a parameter twice": (FORM, b"grant_type=a&grant_type=b", "more than once"),
    "too many": (FORM, b"&".join(b"p%d=1" % number for number in range(60)), "cannot be read"),
    "nothing": (FORM, b"", "assertion is required"),
}


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.parametrize("endpoint", ["token", "pushed_authorization_request", "cdr_arrangement_revocation"])
async def test_a_bad_body(ground: Ground, endpoint: str, case: str) -> None:
    content_type, body, said = BODIES[case]
    response = await _post(ground, endpoint, body, content_type)
    error = "invalid_client" if "assertion" in response.text else "invalid_request"
    oauth_error(response, error, said, 401 if error == "invalid_client" else 400)


@pytest.mark.parametrize("size", [100 * 1024, 600 * 1024])
async def test_a_body_too_large_is_refused_by_application_and_proxy_alike(ground: Ground, size: int) -> None:
    response = await _post(ground, "token", b"a=" + b"b" * size, FORM)
    oauth_error(response, "invalid_request", "larger than this service accepts", 413)


@pytest.mark.parametrize("endpoint", ["token", "pushed_authorization_request", "registration"])
async def test_a_method_that_is_not_served(ground: Ground, endpoint: str) -> None:
    response = await ground.mine.http.get(ground.mine.holder.document[f"{endpoint}_endpoint"])
    oauth_error(response, "invalid_request", "method is not served", 405)
    assert response.headers["allow"] == "OPTIONS, POST"


REGISTRATIONS: dict[str, tuple[str, bytes, str, str]] = {
    "JSON": ("application/json", b"{}", "invalid_request", "content type must be application/jwt"),
    "no JWT": ("application/jwt", b"{}", "invalid_client_metadata", "registration request is invalid"),
    "not ASCII": ("application/jwt", "jwt ü".encode(), "invalid_request", "not a JWT"),
}


@pytest.mark.parametrize("case", REGISTRATIONS)
async def test_a_bad_registration_body(ground: Ground, case: str) -> None:
    content_type, body, error, said = REGISTRATIONS[case]
    oauth_error(await _post(ground, "registration", body, content_type), error, said)


async def _post(ground: Ground, endpoint: str, body: bytes, content_type: str) -> httpx.Response:
    url: Any = ground.mine.holder.document[f"{endpoint}_endpoint"]
    headers = {"Content-Type": content_type} if content_type else {}
    return await ground.mine.http.post(url, content=body, headers=headers)
