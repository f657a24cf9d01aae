"""Assertions about errors: their description for a developer of a data recipient, and texts they must not contain."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from ops.sandbox.recipient.answers import Refused

INTERNALS = re.compile(
    r"Traceback|asyncpg|sqlalchemy|litestar|msgspec|joserfc|SELECT |tenant_aurora|tenant_banksia|\.py\b|0x[0-9a-f]{6}"
)


@contextmanager
def refused(error: str, said: str, status: int = 400) -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Expect an OAuth error (RFC 6749 5.2) whose description matches `said`."""
    with pytest.raises(Refused) as refusal:
        yield refusal
    oauth_error(refusal.value.response, error, said, status)


def oauth_error(response: httpx.Response, error: str, said: str = "", status: int = 400) -> None:
    """Expect an answer to be an OAuth error whose description matches `said`."""
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error", "error_description"}
    assert response.json()["error"] == error, response.text
    says(response, response.json()["error_description"], said)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


def cds_error(response: httpx.Response, code: str, said: str = "", status: int = 400) -> None:
    """Expect an answer to be the error payload of the standards with one error, whose detail matches `said`.

    `code` is the code without its prefix, and also without `cds-all:` if it is a code of all industries.
    """
    assert response.status_code == status, response.text
    (error,) = response.json()["errors"]
    assert set(error) == {"code", "title", "detail"}
    assert error["code"] == f"urn:au-cds:error:{code if ':' in code else f'cds-all:{code}'}"
    assert error["title"]
    says(response, error["detail"], said)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-fapi-interaction-id"]


def says(response: httpx.Response, text: str, said: str) -> None:
    """Expect a text of an answer to match `said`, and the answer to name none of the product's internals."""
    assert re.search(said, text), text
    assert not INTERNALS.search(response.text), response.text
