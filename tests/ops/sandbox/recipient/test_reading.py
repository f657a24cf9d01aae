"""How the recipient reads the resource APIs: all pages of a list by their links, within limits of time and size."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest

from ops.sandbox.recipient import reading
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.data import ACCOUNT_DETAIL, INVOICES
from ops.sandbox.recipient.holder import Holder
from ops.sandbox.recipient.reading import MAXIMUM_PAGES, PAGE_SIZE, Reader
from ops.sandbox.recipient.records import Fetched
from tests.ops.sandbox.addresses import SECURE_HOLDER
from tests.ops.sandbox.conftest import key_of

ADDRESS = f"{SECURE_HOLDER}/cds-au/v1{INVOICES.path}"
Handler = Callable[[httpx.Request], httpx.Response]


class Requests:
    """Requests to a handler, which the reader sends with the headers and addresses of the real client."""

    def __init__(self, handler: Handler) -> None:
        self.sent: list[httpx.Request] = []
        self._handler = handler
        self.client = RecipientClient(
            cast("Holder", None),
            httpx.AsyncClient(transport=httpx.MockTransport(self._answer)),
            key_of("PS256"),
            software_product_id="product-1",
            redirect_uri="https://recipient.test/callback",
            resource_base_uri=SECURE_HOLDER,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self._handler(request)

    async def read(self, **options: Any) -> Fetched:
        return await Reader(self.client, "secret-token", **options).read(INVOICES, params={"oldest-date": "2026-01-01"})


def answered(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def page(*items: int, following: str | None = None) -> dict[str, Any]:
    links = {"self": ADDRESS} if following is None else {"self": ADDRESS, "next": following}
    return {"data": {"invoices": [{"invoiceNumber": item} for item in items]}, "links": links, "meta": {}}


async def test_pages_are_followed_by_their_links() -> None:
    """C-Q9: the links keep the filters, and may have other parameters than the request."""
    following = f"{ADDRESS}?cursor=abc&oldest-date=2026-01-01"
    first, last = page(1, 2, following=following), page(3)
    requests = Requests(lambda request: answered(last if "cursor" in request.url.params else first))
    answer = await requests.read()
    assert [item["invoiceNumber"] for item in answer.body["data"]["invoices"]] == [1, 2, 3]
    assert (answer.status, answer.pages, answer.complete) == (200, 2, True)
    assert [str(request.url) for request in requests.sent] == [
        f"{ADDRESS}?oldest-date=2026-01-01&page-size={PAGE_SIZE}",
        following,
    ]
    for request in requests.sent:
        assert request.headers["authorization"] == "Bearer secret-token"
        assert request.headers["x-v"] == str(INVOICES.version)
        assert request.headers["x-fapi-customer-ip-address"]
    assert len({request.headers["x-fapi-interaction-id"] for request in requests.sent}) == 2


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/cds-au/v1/energy/accounts/invoices",
        f"{SECURE_HOLDER}.evil.test/cds-au/v1/x",
        f"{SECURE_HOLDER}/token",
        SECURE_HOLDER.replace("https", "http") + "/cds-au/v1/x",
        "?page=2",
    ],
)
async def test_a_link_to_another_server_is_not_followed(link: str) -> None:
    """The request would send the access token there."""
    requests = Requests(lambda _: httpx.Response(200, json=page(1, following=link)))
    answer = await requests.read()
    assert (answer.status, len(requests.sent)) == (0, 1)
    assert answer.problem == "The link to the next page leads to another server."
    assert answer.body is None, "a part of a list would look like the whole"


async def test_a_list_without_an_end_is_cut() -> None:
    requests = Requests(lambda _: httpx.Response(200, json=page(1, following=ADDRESS)))
    answer = await requests.read()
    assert (answer.status, answer.complete, len(requests.sent)) == (200, False, MAXIMUM_PAGES)


async def test_an_error_on_a_later_page_is_the_answer() -> None:
    body = {"errors": [{"code": "x", "title": "Invalid Page", "detail": "1"}]}
    first = page(1, following=f"{ADDRESS}?p=2")
    requests = Requests(lambda request: answered(body, 422) if "p" in request.url.params else answered(first))
    answer = await requests.read()
    assert (answer.status, answer.body) == (422, body)


async def test_a_response_that_is_too_long_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAXIMUM_BYTES", 10_000)
    parts = 0

    async def endless() -> Any:
        nonlocal parts
        while True:
            parts += 1
            yield b"x" * 1000

    answer = await Requests(lambda _: httpx.Response(200, content=endless())).read()
    assert (answer.status, answer.problem) == (0, "The answer is longer than we read.")
    assert parts <= 12


async def test_what_does_not_answer_in_time_is_given_up() -> None:
    forever = asyncio.Event()

    async def never() -> Any:
        await forever.wait()
        yield b""

    answer = await Requests(lambda _: httpx.Response(200, content=never())).read(seconds=0.05)
    assert (answer.status, answer.problem) == (0, "There was no answer in time.")


async def test_a_failed_connection_is_named_without_its_details() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("secret-token", request=request)

    answer = await Requests(refuse).read()
    assert (answer.status, answer.problem) == (0, "The connection failed (ConnectError).")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<html>", "The answer is not JSON."),
        (b"\xff", "The answer is not JSON."),
        (b'{"data": {"invoices": [{"a": NaN}]}}', "The answer is not JSON."),
        (b"[" * 100_000, "The answer is not JSON."),
        (b"[]", "The answer has no list of invoices."),
        (b'{"data": []}', "The answer has no list of invoices."),
        (b'{"data": {"invoices": {}}}', "The answer has no list of invoices."),
    ],
)
async def test_an_answer_of_another_shape_is_not_used(content: bytes, problem: str) -> None:
    answer = await Requests(lambda _: httpx.Response(200, content=content)).read()
    assert (answer.status, answer.problem) == (0, problem)


async def test_an_error_that_is_not_json_keeps_its_status() -> None:
    answer = await Requests(lambda _: httpx.Response(502, content=b"<html>")).read()
    assert (answer.status, answer.body) == (502, None)


async def test_an_operation_for_one_resource_has_no_pages() -> None:
    requests = Requests(lambda _: httpx.Response(200, content=json.dumps({"data": {"accountId": "a"}})))
    answer = await Reader(requests.client, "secret-token").read(ACCOUNT_DETAIL, "a%2Fb")
    assert answer.body == {"data": {"accountId": "a"}}
    assert str(requests.sent[0].url) == f"{SECURE_HOLDER}/cds-au/v1/energy/accounts/a%2Fb"
    assert cast("str", answer.path).endswith("a%2Fb")
