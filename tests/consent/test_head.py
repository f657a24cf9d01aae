"""HEAD (RFC 9110 9.3.2): what GET says, whose content the server leaves out, and never the beginning of a flow."""

import httpx
import pytest

from tests.consent.ground import Ground


@pytest.fixture
def client(ground: Ground) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=ground.world.application), base_url=ground.tenant.issuer)


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
async def test_what_is_safe_to_get_answers_head(client: httpx.AsyncClient, path: str) -> None:
    headers = {"x-v": "1"}
    whole, head = await client.get(path, headers=headers), await client.head(path, headers=headers)
    assert head.status_code == whole.status_code == 200
    for name in ("content-type", "cache-control", "content-length"):
        assert head.headers.get(name) == whole.headers.get(name)


async def test_head_begins_no_flow(ground: Ground, client: httpx.AsyncClient) -> None:
    """A link that is merely looked at takes no flow from the browser that has it."""
    response = await client.head(ground.authorise_url(await ground.pushed()))
    assert response.status_code == 405
    assert "set-cookie" not in response.headers
