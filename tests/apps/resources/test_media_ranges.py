"""Which Accept headers allow JSON in UTF-8 (RFC 9110 12.4.2, 12.5.1)."""

import time

import pytest

from apps.resources.media_ranges import accepts_json


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        'APPLICATION/JSON ; Charset="UTF-8"',
        "text/html, application/*;q=0.001",
        "application/json;q=0.1, */*;q=0",
        "*/*;q=0, application/*",
        "application/*;q=0, application/json;charset=utf-8",
        "application/json;q=0, application/json;charset=utf-8;q=0.2",
        "application/json;charset=latin1;q=0, application/json",
        'text/plain;title="a,b;q=0", application/json',
        'application/json;title="a;q=0"',
        ", application/json,,",
        "application/json ; Q=1.000",
    ],
)
def test_json_is_accepted_if_the_most_specific_media_range_allows_it(accept: str) -> None:
    assert accepts_json(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/json;q=0",
        "application/json;q=0.000",
        "application/json; Q=0",
        "application/json;q=0, */*",
        "*/*, application/*;q=0",
        "application/json, application/json;charset=utf-8;q=0",
        "application/json;charset=latin1",
        'text/plain;title="application/json"',
        'text/plain;title=", application/json, "',
        "application",
        "*/json",
    ],
)
def test_json_is_not_accepted_if_the_most_specific_media_range_excludes_it(accept: str) -> None:
    assert not accepts_json(accept)


@pytest.mark.parametrize("part", ['"', '\\"', ",", ";", 'a;b="', "*/*;q=0,", "\\"])
def test_an_accept_header_of_200_000_characters_is_read_within_two_seconds(part: str) -> None:
    began = time.process_time()
    accepts_json(part * (200_000 // len(part)))
    assert time.process_time() - began < 2
