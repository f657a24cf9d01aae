"""Finding the elements at a path of a document that may be truncated."""

import json

import pytest

from tenants.imports.partial_json import EVERY_ELEMENT, InvalidJson, elements

STEPS = ("holders", EVERY_ELEMENT, "customers", EVERY_ELEMENT)
DOCUMENT = json.dumps(
    {
        "title": "customers",
        "holders": [
            {"id": {"customers": [9]}, "customers": [1, {"customers": [7]}]},
            "odd",
            {"customers": []},
            {"customers": "odd"},
            {"other": [1], "customers": [3], "more": None},
        ],
        "tail": [],
    },
    indent=1,
)


def walked(text: str) -> tuple[list[object], str | None]:
    found: list[object] = []
    try:
        found.extend(element.value for element in elements(text, *STEPS))
    except InvalidJson as broken:
        return found, broken.reason
    return found, None


def test_only_the_elements_at_the_path_are_found() -> None:
    assert walked(DOCUMENT) == ([1, {"customers": [7]}, 3], None)


def test_an_element_has_its_path_and_line() -> None:
    first, second, third = elements(DOCUMENT, *STEPS)
    assert (first.path, second.path) == ("$.holders[0].customers[0]", "$.holders[0].customers[1]")
    assert third.path == "$.holders[4].customers[0]"
    assert DOCUMENT.splitlines()[third.line - 1].strip() == "3"


def test_the_elements_before_a_truncation_are_found() -> None:
    whole, _ = walked(DOCUMENT)
    for length in range(len(DOCUMENT)):
        found, broken = walked(DOCUMENT[:length])
        assert found == whole[: len(found)]
        assert broken is not None


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "{", '{"holders": [}', '{"holders": [{"customers": [NaN]}]}', '{"holders": 1 2}', "[" * 99_999],
)
def test_a_text_that_is_not_json_is_reported(text: str) -> None:
    found, broken = walked(text)
    assert found == []
    assert broken is not None
