"""Texts about inputs that were not accepted."""

import pytest

from themes.problems import problem


@pytest.mark.parametrize("code", [None, "", "<script>", "identifier"])
def test_an_unknown_code_gives_no_problem(code: str | None) -> None:
    assert problem(code) is None


def test_the_text_of_a_problem_contains_the_label_of_its_field() -> None:
    found = problem("identifier-missing", label="Email address")
    assert found is not None
    assert (found.text, found.field) == ("Enter your email address.", "identifier")


@pytest.mark.parametrize(("tries", "text"), [(0, "cannot be tried again"), (1, "once more"), (3, "3 more times")])
def test_the_text_of_a_problem_contains_the_number_of_tries_left(tries: int, text: str) -> None:
    found = problem("code-wrong", tries_left=tries)
    assert found is not None
    assert text in found.text
