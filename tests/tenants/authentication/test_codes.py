"""One-time codes: how they are made, read and hashed."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from tenants.authentication import codes
from tenants.parties.models import canonical_identifier

KEY = codes.authentication_key(b"s" * 32)


def test_codes_have_six_digits_and_differ() -> None:
    made = {codes.new_code() for _ in range(200)}
    assert all(len(code) == 6 and code.isdigit() for code in made)
    assert len(made) > 190


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("123456", "123456"),
        (" 123 456\n", "123456"),
        ("000000", "000000"),
        ("123456.", "123456"),
        ("123-456", "123456"),
        ("123\N{NO-BREAK SPACE}456", "123456"),
        ("123\N{EN DASH}456", "123456"),
        ("１２３４５６。", "123456"),
        ("\N{FIRST STRONG ISOLATE}123456\N{POP DIRECTIONAL ISOLATE}", "123456"),
        ("\N{RIGHT-TO-LEFT MARK}123\N{ZERO WIDTH SPACE}456\N{ZERO WIDTH NO-BREAK SPACE}", "123456"),
        ("1\N{VARIATION SELECTOR-16}23456\0", "123456"),
    ],
)
def test_spaces_dashes_and_invisible_characters_in_a_code_are_ignored(typed: str, read: str) -> None:
    assert codes.parse_code(typed) == read


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345", "12.345", ".123456"])
def test_a_code_that_is_not_six_digits_is_malformed(typed: str) -> None:
    assert codes.parse_code(typed) is None


def test_the_hash_of_a_code_depends_on_key_challenge_purpose_and_code() -> None:
    one = uuid4()
    hashed = codes.code_hash(KEY, one, "authorisation", "123456")
    assert hashed == codes.code_hash(KEY, one, "authorisation", "123456")
    assert len({
        hashed,
        codes.code_hash(KEY, uuid4(), "authorisation", "123456"),
        codes.code_hash(KEY, one, "dashboard", "123456"),
        codes.code_hash(codes.authentication_key(b"t" * 32), one, "authorisation", "123456"),
        codes.code_hash(KEY, one, "authorisation", "123457"),
    }) == 5  # fmt: skip


@pytest.mark.parametrize("typed", ["Jo@Example.test", " jo@example.test ", "JO@example.TEST", "jo @example.test"])
def test_the_case_and_the_spaces_of_an_identifier_are_ignored(typed: str) -> None:
    assert canonical_identifier(typed) == "jo@example.test"


@pytest.mark.parametrize(
    "pasted",
    [
        "jo-lee@example.test.",
        "jo\N{SOFT HYPHEN}-lee@example.test",
        "jo\N{NON-BREAKING HYPHEN}lee@example.test",
        "jo\N{MINUS SIGN}lee@example.test",
        "jo\N{EN DASH}lee@example\N{WORD JOINER}.test",
        "\N{LEFT-TO-RIGHT EMBEDDING}jo-lee@example.test\N{POP DIRECTIONAL FORMATTING}",
        "\N{ZERO WIDTH NO-BREAK SPACE}jo-lee@example.test\N{NO-BREAK SPACE}",
        "ｊｏ－ｌｅｅ＠ｅｘａｍｐｌｅ．ｔｅｓｔ",
    ],
)
def test_invisible_characters_and_dash_variants_in_an_identifier_are_normalised(pasted: str) -> None:
    assert canonical_identifier(pasted) == "jo-lee@example.test"


@pytest.mark.parametrize("pasted", ["４０１ ２３４", "401\N{FIGURE SPACE}234", "401234。"])
def test_spaces_and_full_width_digits_in_a_customer_number_are_normalised(pasted: str) -> None:
    assert canonical_identifier(pasted) == "401234"


def test_preset_codes_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "preset-codes.json"
    assert codes.preset_codes(None, "aurora") == {}
    assert codes.preset_codes(file, "aurora") == {}
    file.write_text(json.dumps({"aurora": {"Mia@People.test": "111111"}, "banksia": {"x": "222222"}}))
    assert codes.preset_codes(file, "aurora") == {"mia@people.test": "111111"}
    assert codes.preset_codes(file, "kestrel") == {}
