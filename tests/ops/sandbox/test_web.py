"""Certificates, forms and origins of requests, at endpoints that read them."""

import base64
import hashlib

import httpx
import pytest

from ops.sandbox.jose import read_unverified
from tests.ops.sandbox.addresses import SECURE_REGISTER
from tests.ops.sandbox.conftest import RunningSandbox, asgi
from tests.ops.sandbox.register.private_api import token_form

TOKEN_ENDPOINT = f"{SECURE_REGISTER}/idp/connect/token"


async def requested(sandbox: RunningSandbox, header: str | None, content: str | None = None) -> httpx.Response:
    """The response to a token request with this `Client-Cert` header."""
    form = await token_form(sandbox)
    headers = {} if header is None else {"Client-Cert": header}
    async with httpx.AsyncClient(transport=asgi(sandbox.application), headers=headers) as http:
        if content is None:
            return await http.post(TOKEN_ENDPOINT, data=form)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await http.post(TOKEN_ENDPOINT, content=content, headers=headers)


async def test_a_token_is_bound_to_the_thumbprint_of_the_certificate_header(sandbox: RunningSandbox) -> None:
    """RFC 9440 2.1, RFC 8705 3.1."""
    answer = await requested(sandbox, f":{base64.b64encode(b'certificate').decode()}:")
    assert answer.status_code == 200, answer.text
    digest = hashlib.sha256(b"certificate").digest()
    thumbprint = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert read_unverified(answer.json()["access_token"]).claims["cnf"] == {"x5t#S256": thumbprint}


@pytest.mark.parametrize("header", [None, "", "::", ":YQ==", "YQ==", ":Y!==:", ":YQ=:", ":YQ==:x", ":YQ==:, :YQ==:"])
async def test_a_request_without_a_correct_certificate_header_is_refused(
    sandbox: RunningSandbox, header: str | None
) -> None:
    assert (await requested(sandbox, ":YQ==:")).status_code == 200
    refused = await requested(sandbox, header)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("content", ["grant_type=a&grant_type=b", "x=%ff", "&".join(f"f{n}=1" for n in range(51))])
async def test_a_form_that_cannot_be_read_is_refused(sandbox: RunningSandbox, content: str) -> None:
    assert (await requested(sandbox, ":YQ==:")).status_code == 200
    refused = await requested(sandbox, ":YQ==:", content)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
