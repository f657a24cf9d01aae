"""What a developer of a recipient must be able to read in an answer, and what none may contain."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from ops.browser.page import Page
from ops.sandbox.recipient.answers import Refused

INTERNALS = re.compile(
    r"Traceback|asyncpg|sqlalchemy|litestar|msgspec|joserfc|SELECT |tenant_aurora|tenant_banksia|\.py\b|0x[0-9a-f]{6}"
)


@contextmanager
def refused(error: str, said: str, status: int = 400) -> Iterator[None]:
    """Expect an OAuth error (RFC 6749 5.2) that says what is wrong."""
    with pytest.raises(Refused) as refusal:
        yield
    oauth_error(refusal.value.response, error, said, status)


def oauth_error(response: httpx.Response, error: str, said: str, status: int = 400) -> None:
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error", "error_description"}
    assert response.json()["error"] == error, response.text
    _says(response, response.json()["error_description"], said)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


def cds_error(response: httpx.Response, code: str, said: str, status: int) -> None:
    """Expect the error payload of the standards, with one error."""
    assert response.status_code == status, response.text
    (error,) = response.json()["errors"]
    assert error["code"].endswith(f":{code}"), error
    assert error["code"].startswith("urn:au-cds:error:")
    assert error["title"]
    _says(response, error["detail"], said)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-fapi-interaction-id"]


def page_says(page: Page, status: int, said: str) -> None:
    """Expect a page of the brand's that says what happened."""
    assert page.status == status, page.described()
    assert "message" in page.elements, page.described()
    assert re.search(said, page.element("message").text), page.described()
    assert not INTERNALS.search(page.element("message").text)


def _says(response: httpx.Response, text: str, said: str) -> None:
    assert re.search(said, text), text
    assert not INTERNALS.search(response.text), response.text
