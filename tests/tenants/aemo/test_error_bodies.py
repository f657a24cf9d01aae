"""The errors of AEMO, in the forms that its own examples have."""

import pytest

from tenants.aemo.error_bodies import code_to_pass_on, mentioned, read_errors

GENERAL = "urn:au-cds:error:cds-all:GeneralError/Expected"


@pytest.mark.parametrize(
    "body",
    [
        b'{"errors": [{"code": "InvalidSP-1 ", "title": "t", "detail": "d"}]}',
        b'{"Errors": [{"Code": "InvalidSP-1", "title": "t", "detail": "d"}]}',
        b'{"error 1": {"code": "InvalidSP-1 ", "title": "t", "detail": "d"}}',
        b'{"errors": {"error 1": {"code": " InvalidSP-1"}}}',
        b'{"code": "InvalidSP-1"}',
    ],
)
def test_every_form_of_errors_is_read_and_codes_are_trimmed(body: bytes) -> None:
    """C-A13."""
    (error,) = read_errors(body)
    assert (error.code, error.is_of_a_service_point) == ("InvalidSP-1", True)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"errors": "x"}', b'{"errors": [1]}', b"[" * 100_000, b'{"a": 1}']
)
def test_an_answer_without_errors_has_none(body: bytes) -> None:
    assert read_errors(body) == []


@pytest.mark.parametrize(
    "error",
    [
        b'{"code": "x", "detail": "4102000001"}',
        b'{"code": "x", "title": "NMI 41020000017 unknown"}',
        b'{"code": "x", "meta": {"data": ["a", {"nmi": "4102000001"}]}}',
        b'{"code": "InvalidSP-4102000001"}',
    ],
)
def test_a_service_point_is_found_in_any_text_with_or_without_its_checksum(error: bytes) -> None:
    """C-A7, C-I6: NMIs are compared by ten characters."""
    errors = read_errors(b'{"errors": [' + error + b"]}")
    assert mentioned(errors, ["4102000001", "4102000002", "41020000017"]) == {"4102000001", "41020000017"}


def test_an_nmi_with_letters_is_compared_without_regard_to_case() -> None:
    assert mentioned(read_errors(b'{"errors": [{"detail": "vabc000001"}]}'), ["VABC000001"]) == {"VABC000001"}


@pytest.mark.parametrize(
    ("code", "passed_on"),
    [
        (GENERAL, GENERAL),
        ("InvalidSP-2001", "InvalidSP-2001"),
        ("InvalidSP-4102000001", None),
        ("410 200 000 1", None),
        ("a" * 101, None),
        ("<script>", None),
        ("", None),
    ],
)
def test_a_code_that_could_contain_an_nmi_is_not_passed_on(code: str, passed_on: str | None) -> None:
    """L13."""
    errors = read_errors(b'{"errors": [{"code": "' + code.encode() + b'"}]}')
    assert code_to_pass_on(errors) == passed_on


def test_the_number_of_errors_is_limited() -> None:
    assert len(read_errors(b'{"errors": [' + b",".join([b'{"code": "a"}'] * 5_000) + b"]}")) == 1_000
