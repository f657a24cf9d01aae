"""A member that a later record omits keeps its stored value, so that ended access is not restored."""

from sqlalchemy import select

from tenants.accounts.tables import disclosure_option
from tenants.parties.tables import representation
from tests.support.import_files import FileImporter, a_customer, a_holding, a_login, a_representation, an_account

PEOPLE = (a_customer("C-1"), an_account("A-1"), a_login("P-1", "ann"))


async def test_a_holding_imported_again_without_validto_remains_ended(files: FileImporter) -> None:
    await files.load(*PEOPLE, a_holding("C-1", "A-1", "2020-01-01", validTo="2024-06-30"))
    closed = [("C-1", "A-1", "2020-01-01", "2024-06-30")]
    assert await files.holdings() == closed
    assert await files.load(a_holding("C-1", "A-1", "2020-01-01")) == []
    assert await files.holdings() == closed
    await files.load(a_holding("C-1", "A-1", "2019-07-01"))
    assert await files.holdings() == [("C-1", "A-1", "2019-07-01", "2024-06-30")]


async def test_a_holding_without_validto_keeps_the_validto_of_an_earlier_line(files: FileImporter) -> None:
    closed = a_holding("C-1", "A-1", "2020-01-01", validTo="2024-06-30")
    await files.load(*PEOPLE, closed, a_holding("C-1", "A-1", "2020-01-01"))
    assert await files.holdings() == [("C-1", "A-1", "2020-01-01", "2024-06-30")]


async def test_a_holding_continues_after_a_null_validto_or_a_later_validfrom(files: FileImporter) -> None:
    await files.load(*PEOPLE, a_holding("C-1", "A-1", "2020-01-01", validTo="2024-06-30"))
    await files.load(a_holding("C-1", "A-1", "2025-01-01"))
    again = ("C-1", "A-1", "2025-01-01", None)
    assert await files.holdings() == [("C-1", "A-1", "2020-01-01", "2024-06-30"), again]
    await files.load(a_holding("C-1", "A-1", "2020-01-01", validTo=None))
    assert await files.holdings() == [("C-1", "A-1", "2020-01-01", None)]


async def test_a_stored_disclosure_option_is_not_changed_by_an_import(files: FileImporter) -> None:
    await files.load(an_account("A-1", disclosureOption="no-disclosure"))
    assert await files.load(an_account("A-1"), file="second.jsonl") == []
    assert await files.load(an_account("A-1", disclosureOption="pre-approval"), file="third.jsonl") == [
        "third.jsonl:1: $: the disclosure option is already 'no-disclosure'; an import cannot change it"
    ]
    async with files.database.transaction(files.namespace) as tx:
        assert (await tx.execute(select(disclosure_option.c.option))).scalars().all() == ["no-disclosure"]


async def test_a_representation_imported_again_without_dates_remains_ended(files: FileImporter) -> None:
    dates = {"validFrom": "2020-01-01", "validTo": "2024-06-30"}
    await files.load(*PEOPLE, a_representation("P-1", "C-1", "nominated-representative", **dates))
    closed = [("P-1", "C-1", "2020-01-01", "2024-06-30")]
    assert await files.representations() == closed
    assert await files.load(a_representation("P-1", "C-1", "nominated-representative")) == []
    assert await files.representations() == closed


async def test_the_scope_of_a_representation_stays_until_a_record_names_another_one(files: FileImporter) -> None:
    async def scopes() -> list[tuple[str, str | None]]:
        async with files.database.transaction(files.namespace) as tx:
            found = await tx.execute(select(representation.c.valid_from, representation.c.scope))
            return [(str(row.valid_from), row.scope) for row in found]

    acts, first, later = ("P-1", "C-1", "nominated-representative"), "2024-01-01", "2025-01-01"
    await files.load(*PEOPLE, a_representation(*acts, validFrom=first, scope="see"))
    await files.load(a_representation(*acts, validFrom=first, validTo="2030-01-01"))
    assert await scopes() == [(first, "see")]
    await files.load(a_representation(*acts, validFrom=later))
    assert await scopes() == [(later, "see")]
    (problem,) = await files.load(a_representation(*acts, scope="everything"))
    assert "scope" in problem
    await files.load(a_representation(*acts, scope=None))
    assert await scopes() == [(later, None)]


async def test_a_login_imported_again_without_disabled_remains_disabled(files: FileImporter) -> None:
    await files.load(a_login("P-1", "ann", disabled=True))
    await files.load(a_login("P-1", "ann", email="new@people.test"))
    assert await files.logins() == [("P-1", "ann", "new@people.test", True)]
    await files.load(a_login("P-1", "ann", disabled=False))
    assert await files.logins() == [("P-1", "ann", "p-1@people.test", False)]
