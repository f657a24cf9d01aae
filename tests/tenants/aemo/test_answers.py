"""The pages of AEMO's answers."""

import pytest

from tenants.aemo.answers import AnswerPage, Unreadable, read_page, read_record


def test_a_page_of_the_standards_is_read() -> None:
    body = (
        b'{"data": {"reads": [{"a": 1}, 2]}, "links": {"self": "https://a/b", "next": "https://a/b?page=2&page-size=9"},'
        b' "meta": {"totalRecords": 12, "totalPages": 2}}'
    )
    assert read_page(body, "reads") == AnswerPage(b'[{"a": 1}, 2]', {"page": "2", "page-size": "9"}, 12)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": {"reads": []}, "links": null, "meta": {}}',
        b'{"data": {"reads": null}}',
        b'{"data": {}}',
        b'{"data": null, "links": {"next": ""}}',
        b"{}",
        b'{"data": {"READS": []}, "links": {"next": null}, "meta": {"totalRecords": "many"}}',
    ],
)
def test_an_empty_answer_in_any_form_is_an_empty_page(body: bytes) -> None:
    """C-D3, C-A13."""
    assert read_page(body, "reads") == AnswerPage(b"[]", None, None)


@pytest.mark.parametrize(
    ("link", "parameters"),
    [
        (b"2", {"page": "2"}),
        (b'"3"', {"page": "3"}),
        (b'"?continuation-token=a%2Bb"', {"continuation-token": "a+b"}),
        (b'"/path?Page=4"', {"Page": "4"}),
        (b'"https://elsewhere.test/"', None),
        (b'"https://[/"', None),
        (b"true", None),
        (b"[1]", None),
        (b'"' + b"?page=" + b"9" * 3_000 + b'"', None),
    ],
)
def test_only_the_query_of_the_next_link_is_used(link: bytes, parameters: dict[str, str] | None) -> None:
    """C-A10, C-A13: the request never goes to another host."""
    body = b'{"data": {"reads": []}, "links": {"next": ' + link + b"}}"
    assert read_page(body, "reads").next == parameters


@pytest.mark.parametrize(
    "body", [b"<html></html>", b"", b"[]", b'{"data": {"reads": {}}}', b'{"data": {"reads": "x"}}', b"[" * 200_000]
)
def test_an_answer_of_another_form_is_unreadable(body: bytes) -> None:
    """L13."""
    with pytest.raises(Unreadable):
        read_page(body, "reads")


@pytest.mark.parametrize(
    ("body", "record"),
    [
        (b'{"data": {"a": 1}}', b'{"a": 1}'),
        (b'{"data": {}}', None),
        (b'{"data": null}', None),
        (b'{"data": []}', None),
        (b"{}", None),
    ],
)
def test_a_single_record_is_read(body: bytes, record: bytes | None) -> None:
    assert read_record(body) == record


@pytest.mark.parametrize("body", [b'{"data": [1]}', b'{"data": "x"}', b"<html>"])
def test_a_single_record_of_another_form_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_record(body)
