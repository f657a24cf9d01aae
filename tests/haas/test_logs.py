"""Log lines: one JSON object each, with the bound fields, without personal data and secrets."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from haas import logs
from haas.errors import Unavailable

JWT = "eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln"
log = logging.getLogger("tests.telemetry")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, which `configure` changes; it is restored at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture
def written(root: logging.Logger) -> io.StringIO:
    stream = io.StringIO()
    logs.configure("INFO", stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_contains_time_event_and_bound_fields(written: io.StringIO) -> None:
    with logs.bind(tenant="aurora", interaction_id=None), logs.bind(interaction_id="i-1"):
        log.info("a token was issued", extra={"client": "c-1", "seconds": 0.5, "first": True})
    log.warning("outside")
    inner, outer = lines(written)
    assert inner.pop("time").endswith("Z")
    assert inner == {
        "level": "info",
        "event": "a token was issued",
        "logger": "tests.telemetry",
        "tenant": "aurora",
        "interaction_id": "i-1",
        "client": "c-1",
        "seconds": 0.5,
        "first": True,
    }
    assert "tenant" not in outer
    assert logs.bound() == {}


def test_an_error_stays_on_one_line_with_its_traceback(written: io.StringIO) -> None:
    try:
        raise ValueError("something\nlong")
    except ValueError:
        log.exception("it failed")
    (line,) = lines(written)
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["traceback"]


@pytest.mark.parametrize(
    "text",
    [
        "no account of ada.lovelace+cdr@example.com.au",
        "sent to +61412345678",
        "sent to 0412 345 678",
        f"assertion {JWT}",
        "Authorization: Bearer abcdefghijklmnop",
        "POST /token code=123456&redirect_uri=x",
        "{'otp': '123456'}",
        '{"refresh_token": "123456abc"}',
        "client_assertion=123456",
        "DETAIL:  Key (identifier)=(ada) already exists.",
        "[SQL: INSERT]\n[parameters: ('ada', 123456)]\n(Background on this error at: https://x)",
    ],
)
def test_secrets_and_personal_data_are_removed_from_log_lines(written: io.StringIO, text: str) -> None:
    log.info("%s", text)
    log.info("in a detail", extra={"detail": text})
    try:
        raise RuntimeError(text)
    except RuntimeError:
        log.exception("in an error")
    # The time is left out: its digits are not those of the secrets, but can be the same by chance.
    text_without_time = re.sub(r'"time":"[^"]*"', "", written.getvalue())
    for secret in ("ada", "412", "345", "123456", JWT, "abcdefghijkl"):
        assert secret not in text_without_time
    assert len(lines(written)) == 3


@pytest.mark.parametrize(
    "error",
    [
        ValueError("invalid literal for int() with base 10: 'Quillon Zebrowitz'"),
        KeyError("Quillon Zebrowitz"),
        TypeError('Object "Quillon Zebrowitz" is not "Zebrowitz"'),
        UnicodeEncodeError("ascii", "Zebrowitz\u2019", 9, 10, "ordinal not in range"),
        RuntimeError("key 'account' is not \"Zebrowitz\""),
    ],
)
def test_values_that_errors_of_libraries_quote_are_removed(written: io.StringIO, error: Exception) -> None:
    try:
        try:
            raise error
        except type(error) as cause:
            raise Unavailable("the registry 'cannot' be read") from cause
    except Unavailable:
        log.exception("it failed")
    (line,) = lines(written)
    # The line of the source that raised the error is in the traceback, but not the value.
    assert "Zebrowitz" not in line["traceback"]
    assert type(error).__name__ in line["traceback"]
    assert "the registry 'cannot' be read" in line["traceback"], "our own errors are written for logs"


def test_names_of_objects_of_the_database_stay_in_errors(written: io.StringIO) -> None:
    said = 'duplicate key value violates unique constraint "login_pkey", not "Zebrowitz"'
    try:
        raise RuntimeError(said)
    except RuntimeError:
        log.exception("it failed")
    assert f"{said.partition(', not')[0]}, not '[redacted]'" in lines(written)[0]["traceback"]


def test_a_field_with_the_name_of_a_secret_is_removed(written: io.StringIO) -> None:
    log.info("x", extra={"code": 123456, "password": "hunter2", "access_token": "abc", "status_code": 200})
    (line,) = lines(written)
    assert (line["code"], line["password"], line["access_token"]) == (logs.REDACTED,) * 3
    assert line["status_code"] == 200


@pytest.mark.parametrize(
    "text",
    [
        "listening on 127.0.0.1:8443 since 2026-11-24T07:50:47.123Z",
        "arrangement 5a1bf696-ee03-408b-b315-97955415d1f0",
        "https://register.cdr-sandbox.localhost:8443/cdr-register/v1/all answered 503",
        "tenant_aurora took 0.123456789 s for 1700000000000 rows",
    ],
)
def test_times_ids_and_addresses_are_logged_unchanged(written: io.StringIO, text: str) -> None:
    log.info(text)
    assert lines(written)[0]["event"] == text


@pytest.mark.parametrize("piece", ["x", "eyJ", "eyJ-", "code ", "0", "+1", "a.", "[parameters: "])
def test_a_long_text_is_shortened(written: io.StringIO, piece: str) -> None:
    log.info("%s", piece * 1_000_000)
    assert len(written.getvalue()) < 2 * logs.MAXIMUM_TEXT


def raised_from(depth: int, error: Exception) -> None:
    """Raise `error` from so many frames. Two functions call each other, because Python shortens repeated frames."""
    if depth == 0:
        raise error
    also_raised_from(depth - 1, error)


def also_raised_from(depth: int, error: Exception) -> None:
    raised_from(depth, error)


@pytest.mark.parametrize("message", ["the end", "[parameters: ('ada', '123456')]" + " and so on" * 700 + " the end"])
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_long_traceback_keeps_its_end(root: logging.Logger, stream: type[io.StringIO], message: str) -> None:
    target = stream()
    logs.configure("INFO", target)
    try:
        try:
            raise KeyError("the first cause")
        except KeyError:
            raised_from(100, RuntimeError(message))
    except RuntimeError:
        log.exception("it failed")
    text = target.getvalue()
    assert "KeyError: '[redacted]'" in text
    assert "parts are left out" in text
    assert "RuntimeError" in text
    assert "123456" not in text
    if len(message) < 100:
        assert "the end" in text
    assert len(text) < 2 * logs.MAXIMUM_TEXT


def test_lines_on_a_terminal_have_the_short_format(root: logging.Logger) -> None:
    terminal = Terminal()
    logs.configure("INFO", terminal)
    with logs.bind(tenant="aurora"):
        log.warning("slow", extra={"seconds": 2})
    log.debug("unheard")
    (line,) = terminal.getvalue().splitlines()
    assert line[8:] == " warning  aurora: slow seconds=2"


def test_info_messages_of_httpx_are_not_logged(written: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://x/?code=1")
    assert written.getvalue() == ""
