"""Intervals that are objects become numbers, whether or not their text is the same between all numbers."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.aemo import interval_objects
from tenants.aemo.interval_objects import NumberArray, is_plain, number_array

numbers = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6, allow_nan=False), st.just(-0.5))
words = st.sampled_from(["ACTUAL", "ACTUAL", "SUBSTITUTE", "FINAL_SUBSTITUTE"])
odd_words = st.sampled_from(["ACTUAL", "A", "E", "actual ", "SUBSTITUTE1", "F", "AC TUAL", "value", '"', "{", "}"])
orders = st.sampled_from([("value", "quality"), ("quality", "value"), ("value",)])
forms = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}])


def values_and_ranges(found: NumberArray) -> tuple[list[Any], list[tuple[int, int, str]]]:
    ranges = [(each.startInterval, each.endInterval, each.quality) for each in found.qualities]
    return json.loads(found.values), ranges


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.data(), st.lists(numbers, min_size=1, max_size=20), orders, forms, st.booleans())
def test_an_array_is_the_same_as_if_it_were_decoded(
    data: st.DataObject,
    values: list[Any],
    order: tuple[str, ...],
    form: dict[str, Any],
    odd: bool,  # noqa: FBT001
) -> None:
    """C-A13, C-U4."""
    objects = []
    for value in values:
        members = {"value": value, "quality": data.draw(odd_words if odd else words)}
        objects.append({name: members[name] for name in order})
    array = json.dumps(objects, **form).encode()
    assert values_and_ranges(number_array(array)) == values_and_ranges(interval_objects._decoded(array))
    if not odd and len(values) > 1 and "e" not in json.dumps(values):
        assert interval_objects._replaced(array) is not None, "the text is the same, so nothing needs to be decoded"


@pytest.mark.parametrize(
    "array",
    [
        b'[{"value":1,"quality":"ACTUAL"},2]',
        b'[{"value":1},{"value":2,"quality":"ACTUAL"},{"value":3}]',
        b'[{"value":1},{"value":2,"value1":2},{"value":3}]',
        b'[{"value":1,"quality":"ACTUAL"},{"value":2,"quality":"ACTUAL1"},{"value":3,"quality":"LAUTCA"}]',
        b'[{"quality":"FAT","value":1},{"quality":"","value":2},{"quality":"FBC","value":3}]',
        b'[{"value":1,"quality":"ACTUAL"},{"quality":"SUBSTITUTE","value":2}]',
        b'[{"value":1,"value":2},{"value":3}]',
        b'[{"value":"1"},{"value":"2"}]',
        b'[{"value":1,"quality":"ACTUAL","more":1},{"value":1,"quality":"ACTUAL","more":1}]',
        b'["a"]',
        b"{}",
    ],
)
def test_an_array_of_another_form_is_decoded_or_refused(array: bytes) -> None:
    try:
        expected: object = values_and_ranges(interval_objects._decoded(array))
    except msgspec.DecodeError:
        expected = None
    try:
        found: object = values_and_ranges(number_array(array))
    except msgspec.DecodeError:
        found = None
    assert found == expected


@pytest.mark.parametrize("array", ["[1,-2.5e3]", "[ ]", "[\n1\n]"])
def test_an_array_of_numbers_is_plain(array: str) -> None:
    assert is_plain(array.encode())


@pytest.mark.parametrize("array", ["null", "", "5", "[[1]]", "[1,[2]]", "[true]", "[false]", "[null]", '["1"]', "[{}]"])
def test_other_json_is_not_plain(array: str) -> None:
    assert not is_plain(array.encode())
