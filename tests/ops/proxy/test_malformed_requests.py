"""What nginx passes on and the HTTP parser refuses reaches the application as a request that it can refuse."""

from uuid import uuid4

import pytest

from ops.http_protocol import readable_request
from tests.support.proxy import PUBLIC, Proxy

ID = "x-fapi-interaction-id"
REFUSED = {"haas-refused": "malformed"}


@pytest.mark.parametrize(
    ("line", "head", "path"),
    [
        (b"FOO /jwks", b"", "/jwks"),
        (b"GET /cds-au/v1/\xff\xfe/status?a=b", b"", "/cds-au/v1/"),
        (b"GET /jwks", b"X-Odd: a\x01b\r\n", "/jwks"),
        (b"POST /flow/1", b"X-Odd: \x7f\r\n", "/flow/1"),
    ],
)
async def test_the_application_gets_what_can_be_read_of_a_malformed_request(
    proxy: Proxy, line: bytes, head: bytes, path: str
) -> None:
    interaction = str(uuid4())
    fields = f"Host: {PUBLIC}\r\n{ID}: {interaction}\r\nHAAS-Refused: nothing\r\nConnection: close\r\n\r\n".encode()
    answer = await proxy.ask(PUBLIC, request=line + b" HTTP/1.1\r\n" + head + fields)
    told = answer.json()
    headers = dict(told["headers"])
    assert (answer.status, told["method"], told["path"], told["size"]) == (400, "GET", path, 0)
    assert headers == {"host": PUBLIC, "haas-interaction-id": interaction, "connection": "close", **REFUSED}


async def test_the_proxy_serves_the_next_request(proxy: Proxy) -> None:
    """nginx keeps connections to the application open: a refused request must not leave a rest on one of them."""
    for _ in range(5):
        request = f"FOO / HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: 5\r\nConnection: close\r\n\r\nGET /".encode()
        assert (await proxy.ask(PUBLIC, request=request)).status == 400
        assert (await proxy.ask(PUBLIC)).status == 200


@pytest.mark.parametrize(
    "received",
    [
        b"",
        b"\xff",
        b"GET",
        b"GET http://other/ HTTP/1.1\r\n\r\n",
        b"HEAD \r\n",
        b"GET /a\r\nHost: b HTTP/1.1\r\n\r\n",
        b"FOO /\r\n HTTP/1.1\r\nHost: \x00\r\n\r\n",
    ],
)
def test_what_is_made_of_a_malformed_request_is_always_well_formed(received: bytes) -> None:
    first, *fields, last, body = readable_request(received).split(b"\r\n")
    method, target, version = first.split(b" ")
    assert method in {b"GET", b"HEAD"}
    assert target.startswith(b"/")
    assert (version, last, body) == (b"HTTP/1.1", b"", b"")
    assert b"haas-refused: malformed" in fields
