"""Two logins with the same canonical identifier: the second is refused, and the first is unchanged."""

import asyncio

import pytest

from tenants.imports.service import BATCH_SIZE
from tests.support.import_files import FileImporter, Member, a_customer, a_login, a_representation

FIRST, SECOND = "Strauß", "Other"
ANN = ("P-1", "strauss", "p-1@people.test", False)
ALIKE = ("Strauss", "STRAUSS", "Strauß ", "Stra uß", "\uff33trauss")  # the last begins with a full-width S

DASHED = "josé-12.34"
DASHED_STORED = ("P-1", DASHED, "p-1@people.test", False)
DASHED_ALIKE = (
    # dashes: hyphen, non-breaking hyphen, en dash, em dash, minus sign, full-width, hyphen bullet, box drawing
    *(f"josé{dash}12.34" for dash in "\u2010\u2011\u2013\u2014\u2212\uff0d\u2043\u2500"),
    # full stops at the end, also ideographic, half-width, full-width, an ellipsis, and with something after it
    *(f"josé-12.34{end}" for end in (".", "...", "\u3002", "\uff61", "\uff0e", "\u2026", ". ", ".\u200b")),
    # spaces: the usual one, no-break, narrow no-break, em space, ideographic space
    *(f"josé -{space}12.34" for space in " \u00a0\u202f\u2003\u3000"),
    # invisible marks: zero width space, non-joiner and joiner, soft hyphen, word joiner, byte order mark, marks of
    # direction, grapheme joiner, Hangul filler, variation selector
    *(
        f"jo{mark}sé-12{mark}.34{mark}"
        for mark in "\u200b\u200c\u200d\u00ad\u2060\ufeff\u200e\u200f\u202e\u2066\u034f\u3164\ufe0f"
    ),
    "josé-\uff11\uff12.\uff13\uff14",  # full-width digits
    "jose\u0301-12.34",  # the accent as a character of its own
    *(f"jose{mark}\u0301-12.34" for mark in "\u200d\u034f"),  # and an invisible mark before it
    "JOSÉ\u2013\uff11\u200b2\uff0e34 .",  # all of these
)


def clash(where: str, identifier: str, *, of: str = "first.jsonl:1") -> str:
    return f"{where}: $: the identifier {identifier!r} belongs to the login 'P-1' ({of})"


def acts(login_reference: str, customer_reference: str) -> Member:
    return a_representation(login_reference, customer_reference)


@pytest.mark.parametrize("alike", ALIKE)
async def test_an_equivalent_identifier_in_the_same_file_is_refused(files: FileImporter, alike: str) -> None:
    problems = await files.load(
        a_login("P-1", FIRST),
        a_login("P-2", alike),
        a_customer("C-1"),
        a_customer("C-2"),
        acts("P-1", "C-1"),
        acts("P-2", "C-2"),
    )
    assert problems == [
        clash("first.jsonl:2", alike),
        "first.jsonl:6: $: refers to the login 'P-2', which is not loaded",
    ]
    assert await files.logins() == [ANN]
    assert await files.representations() == [("P-1", "C-1", "0001-01-01", None)]


@pytest.mark.parametrize("alike", ALIKE)
async def test_an_equivalent_identifier_in_a_second_file_is_refused(files: FileImporter, alike: str) -> None:
    await files.load(a_login("P-1", FIRST))
    assert await files.load(a_login("P-2", alike), file="second.jsonl") == [clash("second.jsonl:1", alike)]
    assert await files.logins() == [ANN]


async def test_an_equivalent_identifier_in_another_batch_is_refused(files: FileImporter) -> None:
    between = [a_customer(f"C-{number}") for number in range(600)]
    problems = await files.load(a_login("P-1", FIRST), *between, a_login("P-2", "STRAUSS"))
    assert problems == [clash("first.jsonl:602", "STRAUSS")]
    assert await files.logins() == [ANN]


def dashed_logins() -> list[Member]:
    return [a_login(f"P-{number}", alike) for number, alike in enumerate(DASHED_ALIKE, start=2)]


def dashed_clashes(file: str, first_line: int) -> list[str]:
    return [clash(f"{file}:{line}", alike) for line, alike in enumerate(DASHED_ALIKE, start=first_line)]


async def test_every_form_in_which_people_paste_an_identifier_clashes_in_one_file(files: FileImporter) -> None:
    assert await files.load(a_login("P-1", DASHED), *dashed_logins()) == dashed_clashes("first.jsonl", 2)
    assert await files.logins() == [DASHED_STORED]


async def test_every_form_in_which_people_paste_an_identifier_clashes_in_two_files(files: FileImporter) -> None:
    await files.load(a_login("P-1", DASHED))
    problems = await files.load(*dashed_logins(), file="second.jsonl")
    assert problems == dashed_clashes("second.jsonl", 1)
    assert await files.logins() == [DASHED_STORED]


async def test_every_form_in_which_people_paste_an_identifier_clashes_across_batches(files: FileImporter) -> None:
    between = [a_customer(f"C-{number}") for number in range(BATCH_SIZE)]
    problems = await files.load(a_login("P-1", DASHED), *between, *dashed_logins())
    assert problems == dashed_clashes("first.jsonl", BATCH_SIZE + 2)
    assert await files.logins() == [DASHED_STORED]


async def test_the_form_that_was_imported_first_may_be_the_pasted_one(files: FileImporter) -> None:
    pasted = [a_login(f"P-{number}", f"{number}-{alike}") for number, alike in enumerate(DASHED_ALIKE)]
    plain = [f"{number}-{DASHED}" for number in range(len(DASHED_ALIKE))]
    problems = await files.load(
        *pasted, *(a_login(f"Q-{number}", identifier) for number, identifier in enumerate(plain))
    )
    assert problems == [
        f"first.jsonl:{len(pasted) + line}: $: the identifier {identifier!r} belongs to the login 'P-{line - 1}'"
        f" (first.jsonl:{line})"
        for line, identifier in enumerate(plain, start=1)
    ]
    assert {stored[1] for stored in await files.logins()} == set(plain)


async def test_identifiers_that_differ_in_more_than_their_form_do_not_clash(files: FileImporter) -> None:
    others = ("josé12.34", "josé-1234", "josé_12.34", "jose-12.34", ".josé-12.34", "josé--12.34", "josé\u00b7-12.34")
    logins = [a_login(f"P-{number}", identifier) for number, identifier in enumerate((DASHED, *others), start=1)]
    assert await files.load(*logins) == []
    assert [stored[1] for stored in await files.logins()] == [DASHED, *others]


async def test_of_three_concurrent_imports_with_one_identifier_one_succeeds(files: FileImporter) -> None:
    between = [a_customer(f"C-{number}") for number in range(100)]
    problems = await asyncio.gather(
        *(files.load(a_login(f"P-{one}", FIRST), *between, file=f"file-{one}.jsonl") for one in range(1, 4))
    )
    assert sorted(len(found) for found in problems) == [0, 1, 1]
    assert len(await files.logins()) == 1


async def test_a_login_with_the_new_identifier_of_another_login_keeps_its_old_one(files: FileImporter) -> None:
    await files.load(a_login("P-1", FIRST), a_login("P-2", SECOND))
    assert await files.load(a_login("P-2", "STRAUSS"), file="second.jsonl") == [clash("second.jsonl:1", "STRAUSS")]
    assert await files.logins() == [ANN, ("P-2", "other", "p-2@people.test", False)]


async def test_an_identifier_that_its_login_no_longer_has_can_be_used_again(files: FileImporter) -> None:
    await files.load(a_login("P-1", FIRST))
    assert await files.load(a_login("P-1", SECOND), a_login("P-2", FIRST), a_login("P-2", FIRST)) == []
    assert await files.logins() == [("P-1", "other", *ANN[2:]), ("P-2", "strauss", "p-2@people.test", False)]


async def test_a_login_can_be_self_for_only_one_customer_at_a_time(files: FileImporter) -> None:
    self_of_another = "$: the login 'P-1' is already `self` for another customer"
    await files.load(a_login("P-1", FIRST), a_customer("C-1"), a_customer("C-2"), acts("P-1", "C-1"))
    assert await files.load(acts("P-1", "C-2")) == [f"first.jsonl:1: {self_of_another}"]
    later = a_representation("P-1", "C-2", validFrom="2030-01-01")
    assert await files.load(a_representation("P-1", "C-1", validTo="2030-01-01"), later) == [
        f"first.jsonl:2: {self_of_another}"
    ]
    assert await files.load(a_representation("P-1", "C-1", validTo="2029-12-31"), later) == []
    assert await files.representations() == [
        ("P-1", "C-1", "0001-01-01", "2029-12-31"),
        ("P-1", "C-2", "2030-01-01", None),
    ]


async def test_an_identifier_of_spaces_is_refused(files: FileImporter) -> None:
    assert await files.load(a_login("P-1", " \u2003")) == [
        "first.jsonl:1: $.identifier: `identifier` has no characters other than spaces"
    ]
