"""Messages in another language: a catalogue that is added, plurals, values, and the direction of the text."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel import UnknownLocaleError

from haas.language import (
    ENGLISH,
    Language,
    clock_time,
    comma_list,
    current_language,
    day_text,
    enumeration,
    gettext,
    load_language,
    ngettext,
    using_language,
)

ARABIC = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"

msgid "Stop sharing"
msgstr "أوقف المشاركة"

msgid "by {name}"
msgstr "من {name}"

msgid "{number} account"
msgid_plural "{number} accounts"
msgstr[0] "zero"
msgstr[1] "one"
msgstr[2] "two"
msgstr[3] "few {number}"
msgstr[4] "many {number}"
msgstr[5] "other"
"""


@pytest.fixture
def arabic(tmp_path: Path) -> Language:
    (tmp_path / "ar.po").write_text(ARABIC, encoding="utf-8")
    return load_language("ar", tmp_path)


def test_a_catalogue_beside_that_of_english_gives_a_language(arabic: Language) -> None:
    assert (arabic.tag, arabic.direction) == ("ar", "rtl")
    with using_language(arabic):
        assert current_language() is arabic
        assert gettext("Stop sharing") == "أوقف المشاركة"
        assert gettext("by {name}", name="Bright Bill") == "من \u2068Bright Bill\u2069", "the name is isolated"
        found = [ngettext("{number} account", "{number} accounts", number) for number in (0, 1, 2, 3, 11, 100)]
        assert found == ["zero", "one", "two", "few \u20683\u2069", "many \u206811\u2069", "other"]
        assert gettext("Not in the catalogue") == "Not in the catalogue"
        assert enumeration(["A", "B"]) == "\u2068A\u2069 و\u2068B\u2069"
        assert day_text(date(2026, 11, 24)) == "24 نوفمبر 2026"
    assert current_language() is ENGLISH


def test_what_is_no_language_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "xx.po").write_text(ARABIC, encoding="utf-8")
    with pytest.raises(UnknownLocaleError):
        load_language("xx", tmp_path)
    with pytest.raises(FileNotFoundError):
        load_language("de", tmp_path)


def test_english_is_the_language_of_the_messages() -> None:
    assert (ENGLISH.tag, ENGLISH.direction) == ("en-AU", "ltr")
    assert gettext("by {name}", name="{A} & B %s") == "by {A} & B %s"
    assert [ngettext("{number} account", "{number} accounts", number) for number in (0, 1, 2)] == [
        "0 accounts", "1 account", "2 accounts",
    ]  # fmt: skip


def test_days_times_and_lists_are_those_of_australia() -> None:
    assert day_text(datetime(2026, 3, 3, 23, tzinfo=UTC)) == "3 March 2026"
    assert [clock_time(datetime(2026, 3, 3, *at, tzinfo=UTC)) for at in ((0, 5), (12, 5), (15, 42))] == [
        "12:05 am", "12:05 pm", "3:42 pm",
    ]  # fmt: skip
    assert [enumeration(each) for each in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert [comma_list(each) for each in ([], ["a"], ["a", "b", "c"])] == ["", "a", "a, b, c"]
