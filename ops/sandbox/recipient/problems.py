"""What the recipient's page says about errors of the data holder: their title and detail, and what to do next."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from ops.sandbox.recipient.records import Fetched

_MOST_ERRORS = 5
_LONGEST_TEXT = 300
_MOST_SECONDS = 120
_LATER = "It is a fault of your retailer. Try again later."
_ADVICE = {
    0: "Try again in a few minutes.",
    HTTPStatus.UNAUTHORIZED: "Your permission may have ended. Go back to the start and connect this retailer again.",
    HTTPStatus.FORBIDDEN: "Your retailer does not let us read this now. Ask it whether you still share it.",
    HTTPStatus.NOT_FOUND: "It may have been closed. If it should be there, ask your retailer.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "It may have been closed. If it should be there, ask your retailer.",
    HTTPStatus.INTERNAL_SERVER_ERROR: _LATER,
    HTTPStatus.BAD_GATEWAY: _LATER,
    HTTPStatus.SERVICE_UNAVAILABLE: "Your retailer is not available at the moment. Try again later.",
    HTTPStatus.GATEWAY_TIMEOUT: "Your retailer took too long. Try again in a few minutes.",
}
_OTHER = "We cannot read this. Nothing is wrong with your account. Ask us if it stays like this."


class Problem(NamedTuple):
    """An error for the person: the operation, its status, the holder's title and detail, and what to do next."""

    operation: str
    status: int
    title: str
    detail: str
    advice: str


def problems(answers: Iterable[Fetched]) -> list[Problem]:
    """Return the errors among the answers. The same error of several accounts is there once."""
    found = [
        Problem(answer.title, answer.status, title, detail, _advice(answer))
        for answer in answers
        if answer.status != HTTPStatus.OK
        for title, detail in _stated(answer)
    ]
    return list(dict.fromkeys(found))


def cut(answers: Iterable[Fetched]) -> list[str]:
    """Return the names of the operations that have more data than the recipient reads."""
    return list(dict.fromkeys(answer.title for answer in answers if not answer.complete))


def _stated(answer: Fetched) -> list[tuple[str, str]]:
    """Return the title and the detail of each error of an answer (CDS, ResponseErrorListV2)."""
    if not answer.status:
        return [("We got no answer", answer.problem)]
    errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
    stated = [
        (_text(error.get("title")), _text(error.get("detail")))
        for error in (errors if isinstance(errors, list) else [])[:_MOST_ERRORS]
        if isinstance(error, dict)
    ]
    return stated or [("Your retailer gave no reason", "")]


def _text(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _advice(answer: Fetched) -> str:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"We asked too often. Try again {_wait(answer.retry_after)}."
    return _ADVICE.get(answer.status, _OTHER)


def _wait(seconds: int | None) -> str:
    if seconds is None:
        return "later"
    return f"in {seconds} seconds" if seconds <= _MOST_SECONDS else f"in {-(-seconds // 60)} minutes"
