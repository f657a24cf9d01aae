"""HEAD (RFC 9110 9.3.2): the same headers as GET without the content; a HEAD request starts no flow."""

import httpx
import pytest

from tests.support.consent_pages import ConsentPages


@pytest.fixture
def client(pages: ConsentPages) -> httpx.AsyncClient:
    return pages.application.http(base_url=pages.tenant.issuer)


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-configuration",
        "/jwks",
        "/cds-au/v1/discovery/status",
        "/cds-au/v1/discovery/outages",
        "/logo.svg",
        "/theme/any.css",
    ],
)
async def test_a_head_response_has_the_headers_of_the_get_response(client: httpx.AsyncClient, path: str) -> None:
    headers = {"x-v": "1"}
    get, head = await client.get(path, headers=headers), await client.head(path, headers=headers)
    assert head.status_code == get.status_code == 200
    for name in ("content-type", "cache-control", "content-length"):
        assert head.headers.get(name) == get.headers.get(name)


async def test_a_head_request_at_the_authorisation_endpoint_is_refused_and_starts_no_flow(
    pages: ConsentPages, client: httpx.AsyncClient
) -> None:
    """A program that only checks a link must not start the flow in place of the person's browser."""
    url = pages.authorise_url(await pages.pushed())
    response = await client.head(url)
    assert response.status_code == 405
    assert "set-cookie" not in response.headers
    response = await client.get(url)
    assert response.status_code == 303
    assert "set-cookie" in response.headers
