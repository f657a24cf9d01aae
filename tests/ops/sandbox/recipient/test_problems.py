"""Errors of the holder: their title and detail, and what to do next."""

from typing import Any

import pytest

from ops.sandbox.recipient.problems import cut, problems
from ops.sandbox.recipient.records import Fetched


def answer(status: int, body: Any = None, **changes: Any) -> Fetched:
    return Fetched(**{"title": "Get Bulk Invoices", "path": "/x", "status": status, "body": body, **changes})


def error(title: Any = "Unavailable", detail: Any = "account-1") -> dict[str, Any]:
    return {"errors": [{"code": "urn:x", "title": title, "detail": detail}]}


def test_an_error_has_the_title_and_the_detail_of_the_holder() -> None:
    [problem] = problems([answer(404, error()), answer(200, {"data": {}})])
    assert (problem.operation, problem.title, problem.detail) == ("Get Bulk Invoices", "Unavailable", "account-1")


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (0, "Try again in a few minutes."),
        (401, "connect this retailer again"),
        (403, "Ask it whether you still share it"),
        (404, "ask your retailer"),
        (406, "Nothing is wrong with your account"),
        (500, "Try again later"),
        (503, "not available at the moment"),
        (504, "took too long"),
    ],
)
def test_each_status_has_advice(status: int, advice: str) -> None:
    [problem] = problems([answer(status, error())])
    assert advice in problem.advice


@pytest.mark.parametrize(
    ("seconds", "advice"), [(None, "later"), (30, "in 30 seconds"), (14_400, "in 240 minutes"), (121, "in 3 minutes")]
)
def test_the_time_that_a_holder_states_is_named(seconds: int | None, advice: str) -> None:
    [problem] = problems([answer(429, error(), retry_after=seconds)])
    assert problem.advice == f"We asked too often. Try again {advice}."


def test_the_same_error_of_several_accounts_is_there_once() -> None:
    assert len(problems([answer(503, error()), answer(503, error()), answer(503, error(detail="other"))])) == 2


@pytest.mark.parametrize("body", [None, [], {"errors": "x"}, {"errors": [7]}, {"errors": []}])
def test_an_error_without_the_shape_of_the_standards_is_shown(body: Any) -> None:
    [problem] = problems([answer(500, body)])
    assert problem.title == "Your retailer gave no reason"


def test_texts_of_the_holder_are_limited() -> None:
    [problem] = problems([answer(500, error("t" * 5000, {"no": "text"}))])
    assert (len(problem.title), problem.detail) == (300, "")
    assert len(problems([answer(500, {"errors": error()["errors"] * 1 + [{"title": str(n)} for n in range(50)]})])) == 5


def test_without_an_answer_the_reason_is_named() -> None:
    [problem] = problems([answer(0, problem="There was no answer in time.")])
    assert (problem.title, problem.detail) == ("We got no answer", "There was no answer in time.")


def test_lists_that_are_not_complete_are_named_once() -> None:
    assert cut([answer(200, complete=False), answer(200, complete=False), answer(200)]) == ["Get Bulk Invoices"]
