"""How the recipient fetches data: it waits if a holder says that there were too many requests."""

from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest

from ops.sandbox.recipient import reading
from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.data import fetch_data
from ops.sandbox.recipient.reading import RETRIES

SCOPE = "common:customer.basic:read"


class Client:
    """Answers with one response after another."""

    def __init__(self, *responses: httpx.Response) -> None:
        following: Iterator[httpx.Response] = iter(responses)
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: next(following)))

    def resource_url(self, path: str) -> str:
        return f"https://holder.test{path}"

    def resource_headers(self, *_: Any, **__: Any) -> dict[str, str]:
        return {}


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the recipient waits, which do not pass."""
    seconds: list[float] = []

    async def sleep(delay: float) -> None:
        seconds.append(delay)

    # Not `asyncio.sleep`: other tasks of this process, such as those of the shared stack, would never wait again.
    monkeypatch.setattr(reading, "sleep", sleep)
    return seconds


async def statuses(*responses: httpx.Response) -> list[int]:
    client = cast("RecipientClient", Client(*responses))
    return [fetched.status for fetched in await fetch_data(client, "token", SCOPE)]


def too_many(seconds: str) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": seconds}, json={})


async def test_a_request_above_a_threshold_is_repeated_after_the_time_that_the_holder_states(
    waited: list[float],
) -> None:
    assert await statuses(too_many("1"), too_many("2"), httpx.Response(200, json={})) == [200]
    assert waited == [1, 2]


async def test_it_is_repeated_a_few_times_only(waited: list[float]) -> None:
    assert await statuses(*[too_many("1")] * (RETRIES + 1)) == [429]
    assert len(waited) == RETRIES


@pytest.mark.parametrize("seconds", ["14400", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
async def test_nobody_waits_for_hours(waited: list[float], seconds: str) -> None:
    assert await statuses(too_many(seconds)) == [429]
    assert waited == []
