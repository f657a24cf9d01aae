"""Access ends by end records, and by a snapshot that no longer contains a record."""

from datetime import timedelta

import pytest

from tenants.accounts.service import market_day
from tenants.parties import store
from tests.support.import_files import (
    FileImporter,
    Member,
    a_customer,
    a_holding,
    a_login,
    a_representation,
    an_account,
)

NAMED = {"login": "P-1", "customer": "C-1", "account": "A-1"}
WHOLE = (
    a_customer("C-1"),
    a_customer("C-2"),
    an_account("A-1"),
    an_account("A-2"),
    a_holding("C-1", "A-1", "2020-01-01"),
    a_holding("C-2", "A-2", "2020-01-01"),
    a_login("P-1", "ann"),
    a_login("P-2", "ben"),
    a_representation("P-1", "C-1"),
    a_representation("P-2", "C-2"),
)


def end(kind: str, *members: str, **more: str) -> Member:
    return {"kind": f"end-{kind}", **{member: NAMED[member] for member in members}, **more}


async def test_end_records_end_a_holding_a_representation_and_a_login(files: FileImporter) -> None:
    await files.load(*WHOLE)
    assert (
        await files.load(
            end("holding", "customer", "account", validTo="2026-01-31"),
            end("representation", "login", "customer", validTo="2026-01-31"),
            end("login", "login"),
        )
        == []
    )
    assert ("C-1", "A-1", "2020-01-01", "2026-01-31") in await files.holdings()
    assert ("P-1", "C-1", "0001-01-01", "2026-01-31") in await files.representations()
    assert await files.logins() == [("P-1", "ann", "p-1@people.test", True), ("P-2", "ben", "p-2@people.test", False)]
    async with files.database.transaction(files.namespace) as tx:
        assert await store.login_by_identifier(tx, "ann") is None
        assert await store.login_by_identifier(tx, "ben") is not None


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (end("holding", "customer", "account", validTo="2026-01-31"), "refers to the customer 'C-1', which is not"),
        (end("login", "login"), "there is no login 'P-1' to end"),
        (end("representation", "login", "customer", validTo="2026-01-31"), "refers to the login 'P-1', which is not"),
        (end("holding", "customer", "account"), "missing required field `validTo`"),
    ],
)
async def test_an_end_record_for_something_unknown_is_reported(
    files: FileImporter, record: Member, problem: str
) -> None:
    [reported] = await files.load(record)
    assert problem in reported


async def test_an_end_record_for_a_customer_and_account_without_a_holding_is_reported(files: FileImporter) -> None:
    await files.load(*WHOLE[:4])
    ended = end("holding", "customer", "account", validTo="2026-01-31")
    assert await files.load(ended) == ["first.jsonl:1: $: there is no holding to end"]


async def test_the_dates_of_a_representation_are_stored_and_checked(files: FileImporter) -> None:
    dates = {"validFrom": "2026-01-01", "validTo": "2026-06-30"}
    problems = await files.load(*WHOLE, a_representation("P-2", "C-1", "nominated-representative", **dates))
    assert problems == []
    assert ("P-2", "C-1", "2026-01-01", "2026-06-30") in await files.representations()
    wrong = a_representation("P-2", "C-1", "nominated-representative", validFrom="2026-06-30", validTo="2026-01-01")
    assert await files.load(wrong) == ["first.jsonl:1: $.validTo: `validTo` is before `validFrom`"]


async def test_a_new_login_with_a_reused_identifier_gets_no_representations(files: FileImporter) -> None:
    await files.load(*WHOLE)
    assert await files.load(end("login", "login"), a_login("P-3", "Ann")) == []
    assert await files.representations() == [("P-1", "C-1", "0001-01-01", None), ("P-2", "C-2", "0001-01-01", None)]
    async with files.database.transaction(files.namespace) as tx:
        login = await store.login_by_identifier(tx, "ann")
        assert login is not None
        assert login.email == "p-3@people.test"
        assert await store.customers_of(tx, login.id, market_day(files.now)) == []
    assert await files.load(a_login("P-1", "ann", disabled=False), file="second.jsonl") == [
        "second.jsonl:1: $: the identifier 'ann' belongs to the login 'P-3' (first.jsonl:2)"
    ]


async def test_a_snapshot_ends_holdings_representations_and_logins_that_it_does_not_contain(
    files: FileImporter,
) -> None:
    yesterday = str(market_day(files.now) - timedelta(days=1))
    began_today = a_holding("C-2", "A-1", str(market_day(files.now)))
    await files.load(*WHOLE, began_today, a_holding("C-2", "A-1", "2001-01-01", validTo="2002-01-01"))
    kept = [a_holding("C-1", "A-1", "2020-01-01"), a_login("P-1", "ann"), a_representation("P-1", "C-1")]
    assert await files.load(*kept, snapshot=True) == []
    assert await files.holdings() == [
        ("C-1", "A-1", "2020-01-01", None),
        ("C-2", "A-1", "2001-01-01", "2002-01-01"),
        ("C-2", "A-2", "2020-01-01", yesterday),
    ]
    assert await files.representations() == [
        ("P-1", "C-1", "0001-01-01", None),
        ("P-2", "C-2", "0001-01-01", yesterday),
    ]
    assert [(login[0], login[3]) for login in await files.logins()] == [("P-1", False), ("P-2", True)]


async def test_a_snapshot_ends_only_records_of_kinds_that_it_contains(files: FileImporter) -> None:
    await files.load(*WHOLE)
    before = (await files.logins(), await files.representations())
    await files.load(WHOLE[4], snapshot=True)
    assert (await files.logins(), await files.representations()) == before
    assert [held[3] is None for held in await files.holdings()] == [True, False]


async def test_a_snapshot_that_was_not_read_completely_ends_nothing(files: FileImporter) -> None:
    await files.load(*WHOLE)
    before = (await files.logins(), await files.holdings(), await files.representations())
    problems = await files.load(WHOLE[4], {"kind": "login"}, WHOLE[6], snapshot=True)
    assert problems[-1] == "first.jsonl:2: $: the snapshot was not read completely; nothing is ended"
    assert (await files.logins(), await files.holdings(), await files.representations()) == before


async def test_a_refused_record_of_a_snapshot_counts_as_contained(files: FileImporter) -> None:
    await files.load(*WHOLE)
    problems = await files.load(WHOLE[6], a_login("P-2", "ANN"), snapshot=True)
    assert len(problems) == 1
    assert [login[3] for login in await files.logins()] == [False, False]
