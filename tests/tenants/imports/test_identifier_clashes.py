"""Two logins with the same canonical identifier: the second is refused, and the first is unchanged."""

import asyncio

import pytest

from tests.support.import_files import FileImporter, Member, a_customer, a_login, a_representation

FIRST, SECOND = "Strauß", "Other"
ANN = ("P-1", "strauss", "p-1@people.test", False)
ALIKE = ("Strauss", "STRAUSS", "Strauß ", "Stra uß", "\uff33trauss")  # the last begins with a full-width S


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
