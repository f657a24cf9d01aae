"""Logs: one JSON line for each event, written by the standard library's logging.

Every module logs with `logger = logging.getLogger(__name__)`. An event is a literal `area.event`; its details are
numbers and ids in `extra`. A line also contains the fields that were bound with `bind`, such as the tenant and the
interaction id. Personal data and secrets must not be logged; `redacted` removes them if that happens by mistake.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import accumulate
from typing import IO, Any, Final

import msgspec

REDACTED: Final = "[redacted]"
MAXIMUM_TEXT = 8_000
_TRACEBACK_START: Final = 2_000
# Libraries that add their own handlers. These handlers are removed, so that all lines have the same form.
_LOGGERS_WITH_HANDLERS = ("uvicorn", "uvicorn.error")
# Its lines would contain query strings, in which browsers send codes and personal data.
_SILENT_LOGGER = "uvicorn.access"
_QUIET_LOGGERS = ("httpx", "httpcore", "asyncio", "dramatiq", "alembic", "aiosmtplib")
_context: ContextVar[Mapping[str, str]] = ContextVar("haas_telemetry", default={})  # noqa: B039 - a Mapping is never changed
_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

_SENSITIVE = (
    r"(?:client_assertion|request|code(?:_verifier)?|otp|pass(?:word|wd|code)?|secret|(?:access_|refresh_|id_)?token"
    r"|authorization|(?:set-)?cookie|cdr_arrangement_jwt|assertion|response|private_key|master_key)"
)
_SENSITIVE_FIELD = re.compile(rf"{_SENSITIVE}\Z", re.IGNORECASE)
# The parts of a traceback that are no message begin like this; so do the errors of our own packages.
_NO_MESSAGE: Final = (" ", "\n", "Traceback ")
_OWN_PACKAGES: Final = ("haas.", "tenants.", "apps.", "themes.", "workers.", "ops.")
# PostgreSQL quotes the names of its objects too, which stay. A value can have quotation marks, so the last one counts.
_QUOTED: Final = re.compile(r"(\b(?:constraint|relation|column|role|schema|table) \"[a-z0-9_.]+\")|([\"'])[^\n]*\2")
# A pattern must not fail after it has read a long text. The search would then read this text again from each further
# place where the pattern can begin, and the time would grow with the square of the length of the text.
_SECRETS_IN_TEXT = (
    # The values of an SQL statement, which SQLAlchemy and PostgreSQL add to their errors. A value can contain any
    # character, so everything is removed up to the line that SQLAlchemy adds at the end, and the whole line of DETAIL.
    (re.compile(r"\[parameters: (?:(?!\n\(Background).)*", re.DOTALL), f"[parameters: {REDACTED}]"),
    (re.compile(r"\bDETAIL:[^\n]*"), f"DETAIL: {REDACTED}"),
    # A signed or encrypted JWT, also if its end is missing.
    (re.compile(r"\beyJ[\w.-]{5,}"), REDACTED),
    # The query string of a URL.
    (re.compile(r"\?[\w.~%\[\]-]+=[^\s\"']*"), f"?{REDACTED}"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {REDACTED}"),
    # A field of a form, a query, a header or a JSON object.
    (re.compile(rf"\b({_SENSITIVE}[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;)}}]+", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), REDACTED),
    # An Australian telephone number, or a number in international form.
    (re.compile(r"(?<![\w.:/-])(?:\+\d{1,3}|0)[23478]?(?:[ -]?\d){8,10}(?![\w.-])"), REDACTED),
)


@contextmanager
def bind(**fields: str | None) -> Iterator[None]:
    """Add `fields` to every line that is logged within the block: `bind(tenant="aurora", interaction_id="…")`.

    Blocks can be nested. A field that is None is not changed. Tasks that the block creates inherit its fields.
    """
    token = _context.set({**_context.get(), **{name: value for name, value in fields.items() if value is not None}})
    try:
        yield
    finally:
        _context.reset(token)


def bound() -> Mapping[str, str]:
    """Return the fields that are bound at present."""
    return _context.get()


def redacted(text: str) -> str:
    """Return `text` without anything that looks like a secret or personal data, shortened to MAXIMUM_TEXT."""
    length, text = len(text), text[:MAXIMUM_TEXT]
    for pattern, replacement in _SECRETS_IN_TEXT:
        text = pattern.sub(replacement, text)
    return text if length <= MAXIMUM_TEXT else f"{text}… ({length} characters)"


def redacted_traceback(error: BaseException | None) -> str:
    """Return the traceback of an error without secrets, shortened to about MAXIMUM_TEXT.

    If it is too long, frames in its middle are left out. Its start has the first cause, and its end the error itself.
    """
    if error is None:
        return ""
    # A secret is within one part, a frame or a message. So no part of a secret remains when other parts are left out.
    formatted = traceback.TracebackException.from_exception(error).format()
    parts = [redacted(_without_quoted_values(part)) for part in formatted]
    if sum(map(len, parts)) > MAXIMUM_TEXT:
        start = _fitting(parts, _TRACEBACK_START)
        end = max(1, _fitting(parts[:start:-1], MAXIMUM_TEXT - _TRACEBACK_START))
        parts[start:-end] = [f"… ({len(parts) - start - end} parts are left out)\n"]
    return "".join(parts).rstrip("\n")


def _without_quoted_values(part: str) -> str:
    """Remove quoted text from a part of a traceback that is the message of an error, unless it is an error of our own.

    Python and libraries quote the value that an error is about, for example the text that is not a number.
    """
    if part.startswith((*_NO_MESSAGE, *_OWN_PACKAGES)):
        return part
    return _QUOTED.sub(lambda found: found[1] or f"'{REDACTED}'", part)


def _fitting(parts: Sequence[str], room: int) -> int:
    """Return how many of the first parts have together at most `room` characters."""
    return sum(1 for used in accumulate(map(len, parts)) if used <= room)


def configure(level: str = "INFO", stream: IO[str] | None = None) -> None:
    """Write all logs of this process to `stream` (standard error): JSON lines, or short lines on a terminal."""
    target = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(target)
    handler.setFormatter(ShortLines() if target.isatty() else JsonLines())
    root = logging.getLogger()
    for previous in root.handlers[:]:
        root.removeHandler(previous)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _LOGGERS_WITH_HANDLERS:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    silent = logging.getLogger(_SILENT_LOGGER)
    silent.handlers.clear()
    silent.propagate = False
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


class JsonLines(logging.Formatter):
    """One JSON object per line: time, level, event, logger, bound fields, `extra`, and the error if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for `record`."""
        line: dict[str, Any] = {
            "time": _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": redacted(record.getMessage()),
            "logger": record.name,
            **_context.get(),
            **_extra(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["traceback"] = redacted_traceback(record.exc_info[1])
        return msgspec.json.encode(line).decode()


class ShortLines(logging.Formatter):
    """Lines for a person at a terminal: time, level, tenant, event, details."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for `record`."""
        details = {**_context.get(), **_extra(record)}
        tenant = details.pop("tenant", None)
        words = [f"{_moment(record).astimezone():%H:%M:%S}", f"{record.levelname.lower():8}"]
        words += [] if tenant is None else [f"{tenant}:"]
        words += [redacted(record.getMessage()), *(f"{name}={value}" for name, value in details.items())]
        if record.exc_info and record.exc_info[0] is not None:
            words.append(f"\n{redacted_traceback(record.exc_info[1])}")
        return " ".join(words)


def _moment(record: logging.LogRecord) -> datetime:
    # The machine's time, not the platform's movable clock: lines are compared with those of other systems.
    return datetime.fromtimestamp(record.created, UTC)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {
        name: _redacted_value(name, value)
        for name, value in vars(record).items()
        if name not in _STANDARD_ATTRIBUTES and not name.startswith("_")
    }


def _redacted_value(name: str, value: object) -> Any:
    if _SENSITIVE_FIELD.match(name):
        return REDACTED
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted(str(value))
