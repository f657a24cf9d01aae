"""Queries of requests and values of SQL statements do not appear in the logs."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from haas import logs

log = logging.getLogger("tests.telemetry")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    names = ("", "uvicorn", "uvicorn.error", "uvicorn.access")
    before = {name: (logging.getLogger(name).handlers[:], logging.getLogger(name).propagate) for name in names}
    level = logging.getLogger().level
    stream = io.StringIO()
    yield stream
    for name, (handlers, propagate) in before.items():
        logging.getLogger(name).handlers[:] = handlers
        logging.getLogger(name).propagate = propagate
    logging.getLogger().setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.mark.parametrize("access_log", [False, True])
def test_uvicorn_writes_no_access_log_with_any_option(written: io.StringIO, *, access_log: bool) -> None:
    """uvicorn logs a request when its access logger has handlers, also through a parent, and then with the query."""
    uvicorn.Config("unused", access_log=access_log)
    logs.configure("INFO", written)
    access = logging.getLogger("uvicorn.access")
    assert not access.hasHandlers()
    access.info('%s - "%s %s HTTP/%s" %d', "", "GET", "/authorise?code=secret", "1.1", 200)
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["event"] == "Invalid HTTP request received."


@pytest.mark.parametrize(
    "text",
    [
        "https://recipient.test/jwks?account=secret&x=1 answered 404",
        "GET /flow?name=secret",
        "DETAIL:  Failing row contains (1, secret, secret).",
        "DETAIL:  Key (reference)=(a)secret) already exists.",
        "[parameters: ('a]\n(b', 'secret')]\n(Background on this error at: https://x)",
        "[parameters: ('a',)] secret",
        "cut off: eyJhbGciOiJQUzI1NiJ9secret",
    ],
)
def test_queries_and_sql_values_are_removed_from_log_lines(written: io.StringIO, text: str) -> None:
    logs.configure("INFO", written)
    log.info("%s", text, extra={"reason": text})
    assert "secret" not in written.getvalue()


@pytest.mark.parametrize("text", ["is this kept?", "https://a.test/b?", "what? yes=no", "(Background on this error)"])
def test_text_that_is_not_a_query_is_logged_unchanged(written: io.StringIO, text: str) -> None:
    logs.configure("INFO", written)
    log.info("%s", text)
    line: dict[str, Any] = json.loads(written.getvalue())
    assert line["event"] == text
