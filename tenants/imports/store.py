"""SQL that writes imported rows in bulk. It updates rows by key. It never changes a disclosure option that is set."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID, uuid4

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    delete,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.accounts.internal_ids import NMI_CHARACTERS, nmi_without_check_digit
from tenants.accounts.tables import account, disclosure_option, ineligibility, service_point, supply
from tenants.imports.periods import DatedPeriod, Ineligible, Pair
from tenants.parties.tables import customer, login
from tenants.payloads.customer_v1 import OrganisationType

ImportTable = Table
"""A table that an import writes to."""
IneligibilitySource = Literal["import", "upstream"]
"""The retailer's data that sets a period without eligibility. What staff have set here is not changed by it."""
_OF_RETAILER: Final = get_args(IneligibilitySource)
_SOLE_TRADER: Final[OrganisationType] = "SOLE_TRADER"
ItemKey = tuple[UUID, str | None]
"""The internal id of an owner, and the retailer's reference of one of its items, or None for all of them."""


async def lock(tx: Transaction) -> None:
    """Wait until no other import of the tenant has an open transaction, and prevent others until this one ends."""
    await tx.execute(
        select(func.pg_advisory_xact_lock(func.hashtext(func.concat("haas import ", func.current_user()))))
    )


async def upsert(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows`; update the rows that exist with the same primary key."""
    if not rows:
        return
    statement = insert(table)
    key = [column.name for column in table.primary_key.columns]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), list(rows))


async def replace_items(
    tx: Transaction, owner: Column[Any], replaced: Iterable[ItemKey], rows: Sequence[dict[str, Any]]
) -> None:
    """Replace by `rows` what `replaced` names in the table of the column `owner`."""
    table = owner.table
    whole = [owner_id for owner_id, reference in replaced if reference is None]
    if whole:
        await tx.execute(delete(table).where(owner.in_(whole)))
    written = {(row[owner.name], row.get("reference")) for row in rows}
    removed = [
        {"owner_id": owner_id, "item": reference}
        for owner_id, reference in replaced
        if reference is not None and (owner_id, reference) not in written
    ]
    if removed:
        which = (owner == bindparam("owner_id"), table.c.reference == bindparam("item"))
        await tx.execute(delete(table).where(*which), removed)
    await upsert(tx, table, rows)


async def service_point_ids(tx: Transaction, references: Iterable[str]) -> dict[str, UUID]:
    """Return the ids of the stored service points with these references, by reference."""
    wanted = list(references)
    if not wanted:
        return {}
    found = await tx.execute(
        select(service_point.c.reference, service_point.c.id).where(service_point.c.reference.in_(wanted))
    )
    return {row.reference: row.id for row in found}


async def release_service_points(tx: Transaction, written: Sequence[dict[str, Any]]) -> dict[UUID, UUID]:
    """Prepare the table for the rows of service points that are written next.

    Return the stored ids that no row has any more, each with the id of the row that replaces it. Such a row has an NMI
    of `written` under the id of an earlier release, or its reference now has another NMI. A reference of `written` that
    belongs to another stored row is taken from it, because references are unique.
    """
    if not written:
        return {}
    by_nmi = {nmi_without_check_digit(row["national_metering_id"]): row["id"] for row in written}
    by_reference = {row["reference"]: row["id"] for row in written}
    nmi = func.upper(func.left(service_point.c.national_metering_id, NMI_CHARACTERS))
    stored = await tx.execute(
        select(service_point.c.id, service_point.c.reference, nmi.label("nmi")).where(
            or_(service_point.c.reference.in_(list(by_reference)), nmi.in_(list(by_nmi)))
        )
    )
    moved: dict[UUID, UUID] = {}
    released: list[dict[str, Any]] = []
    for row in stored:
        replaced_by = by_nmi.get(row.nmi) or by_reference[row.reference]
        if replaced_by != row.id:
            moved[row.id] = replaced_by
        if by_reference.get(row.reference, row.id) != row.id:
            released.append({"which": row.id, "free": f"replaced {row.id}"})
    if released:
        changed = update(service_point).where(service_point.c.id == bindparam("which"))
        await tx.execute(changed.values(reference=bindparam("free")), released)
    return moved


async def move_service_points(tx: Transaction, moved: Mapping[UUID, UUID], items: Sequence[Column[Any]]) -> None:
    """Give the accounts of each service point in `moved` the service point that replaces it, and delete the old one.

    `items` are the columns with the owner in the tables of items. Their JSON contains ids of service points, as that of
    the accounts does. The items of a service point move too, unless the service point that replaces it has some.
    """
    if not moved:
        return
    changes = [
        {"old": old, "new": new, "old_text": str(old), "new_text": str(new)} for old, new in sorted(moved.items())
    ]
    old, new = bindparam("old", type_=Uuid), bindparam("new", type_=Uuid)
    supplied = select(supply.c.account_id).where(supply.c.service_point_id == old)
    columns = [(account.c.id, [account.c.summary, account.c.detail])]
    columns += [(owner, [owner.table.c.detail]) for owner in items if owner.name == "account_id"]
    for account_id, documents in columns:
        replaced = {document: _with_id_replaced(document) for document in documents}
        await tx.execute(update(account_id.table).where(account_id.in_(supplied)).values(replaced), changes)
    for owner in (each for each in items if each.name == "service_point_id"):
        table = owner.table
        present = table.alias()
        has_some = select(present.c[owner.name]).where(present.c[owner.name] == new).exists()
        values = {owner: new, table.c.detail: _with_id_replaced(table.c.detail)}
        await tx.execute(update(table).where(owner == old, ~has_some).values(values), changes)
    periods = select(supply.c.account_id, new, supply.c.valid_from, supply.c.valid_to, supply.c.participant_id)
    names = ["account_id", "service_point_id", "valid_from", "valid_to", "participant_id"]
    copied = insert(supply).from_select(names, periods.where(supply.c.service_point_id == old))
    await tx.execute(copied.on_conflict_do_nothing(), changes)
    await tx.execute(delete(service_point).where(service_point.c.id == old), changes)


def _with_id_replaced(document: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a JSON document in which one id, which occurs nowhere else in the text, is replaced by another."""
    text = func.replace(cast(document, Text), bindparam("old_text"), bindparam("new_text"))
    return cast(text, document.type)


async def stored_periods(tx: Transaction, table: Table, owners: Iterable[UUID]) -> dict[Pair, list[DatedPeriod]]:
    """Return the periods of `table` (holding or representation) for `owners`, the ids in its first key column."""
    owner = next(iter(table.primary_key.columns))
    return await _periods(tx, table, owner.in_(list(owners)))


async def unended_periods(tx: Transaction, table: Table, today: date) -> dict[Pair, list[DatedPeriod]]:
    """Return the periods of `table` (holding or representation) that include `today` or a later day."""
    return await _periods(tx, table, or_(table.c.valid_to.is_(None), table.c.valid_to >= today))


async def _periods(tx: Transaction, table: Table, which: ColumnElement[bool]) -> dict[Pair, list[DatedPeriod]]:
    owner, other = list(table.primary_key.columns)[:2]
    query: Select[Any] = select(
        owner.label("one"), other.label("other"), table.c.valid_from, table.c.valid_to, table.c.role, _scope(table)
    )
    found: dict[Pair, list[DatedPeriod]] = {}
    for row in await tx.execute(query.where(which).order_by(table.c.valid_from)):
        period = DatedPeriod(row.valid_from, row.valid_to, row.role, row.scope)
        found.setdefault((row.one, row.other), []).append(period)
    return found


def _scope(table: Table) -> ColumnElement[Any]:
    """Return the scope of a representation; null for a holding, which has none."""
    return table.c.scope if "scope" in table.c else null().label("scope")


async def write_periods(
    tx: Transaction,
    table: Table,
    before: Mapping[Pair, Sequence[DatedPeriod]],
    after: Mapping[Pair, Sequence[DatedPeriod]],
) -> None:
    """Change the periods of `table` (holding or representation) from `before` to `after`."""
    owner, other = list(table.primary_key.columns)[:2]

    def row(pair: Pair, period: DatedPeriod) -> dict[str, Any]:
        dates = {"valid_from": period.first, "valid_to": period.last}
        scope = {"scope": period.scope} if "scope" in table.c else {}
        return {owner.name: pair[0], other.name: pair[1], **dates, "role": period.role, **scope}

    removed = [
        {"one": pair[0], "two": pair[1], "first": first}
        for pair, periods in before.items()
        for first in {period.first for period in periods} - {period.first for period in after.get(pair, ())}
    ]
    if removed:
        where = (owner == bindparam("one"), other == bindparam("two"), table.c.valid_from == bindparam("first"))
        await tx.execute(delete(table).where(*where), removed)
    # Ends are written before new open periods: a login can be `self` for one customer only in an open period.
    written = [
        row(pair, period) for pair, periods in after.items() for period in periods if period not in before.get(pair, ())
    ]
    await upsert(tx, table, sorted(written, key=lambda each: each["valid_to"] is None))


async def stored_ineligibilities(
    tx: Transaction, customers: Iterable[UUID], accounts: Iterable[UUID]
) -> tuple[dict[Ineligible, list[DatedPeriod]], set[tuple[Ineligible, date]]]:
    """Return the periods that the retailer's data has set for the customers and accounts, and the first days of others.

    An import and the retailer's own server change the periods of each other, so a brand can change its source.
    """
    imported: dict[Ineligible, list[DatedPeriod]] = {}
    others: set[tuple[Ineligible, date]] = set()
    of = or_(ineligibility.c.customer_id.in_(list(customers)), ineligibility.c.account_id.in_(list(accounts)))
    for row in await tx.execute(select(ineligibility).where(of).order_by(ineligibility.c.valid_from)):
        subject = (row.customer_id, row.account_id, row.reason)
        if row.set_by in _OF_RETAILER:
            imported.setdefault(subject, []).append(DatedPeriod(row.valid_from, row.valid_to, row.reason))
        else:
            others.add((subject, row.valid_from))
    return imported, others


async def write_ineligibilities(
    tx: Transaction,
    before: Mapping[Ineligible, Sequence[DatedPeriod]],
    after: Mapping[Ineligible, Sequence[DatedPeriod]],
    source: IneligibilitySource,
) -> None:
    """Change the periods that the retailer's data has set from `before` to `after`. The ids of unchanged ones stay."""
    subject = (
        ineligibility.c.customer_id.is_not_distinct_from(bindparam("of_customer", type_=Uuid)),
        ineligibility.c.account_id.is_not_distinct_from(bindparam("of_account", type_=Uuid)),
        ineligibility.c.reason == bindparam("why"),
    )
    removed = [
        {"of_customer": customer_id, "of_account": account_id, "why": reason, "first": first}
        for (customer_id, account_id, reason), periods in before.items()
        for first in {each.first for each in periods} - {each.first for each in after[customer_id, account_id, reason]}
    ]
    if removed:
        which = (*subject, ineligibility.c.valid_from == bindparam("first"), ineligibility.c.set_by.in_(_OF_RETAILER))
        await tx.execute(delete(ineligibility).where(*which), removed)
    written = [
        {
            "id": uuid4(),
            "customer_id": customer_id,
            "account_id": account_id,
            "reason": reason,
            "valid_from": period.first,
            "valid_to": period.last,
            "set_by": source,
        }
        for (customer_id, account_id, reason), periods in after.items()
        for period in periods
        if period not in before.get((customer_id, account_id, reason), ())
    ]
    if written:
        new = insert(ineligibility)
        key = [ineligibility.c[name] for name in ("customer_id", "account_id", "reason", "valid_from")]
        changed = new.on_conflict_do_update(
            index_elements=key, set_={each: new.excluded[each] for each in ("valid_to", "set_by")}
        )
        await tx.execute(changed, written)


async def insert_missing_options(tx: Transaction, rows: Sequence[dict[str, Any]]) -> dict[UUID, str]:
    """Insert the options of accounts that have none; return the resulting option of every account in `rows`."""
    if not rows:
        return {}
    await tx.execute(insert(disclosure_option).on_conflict_do_nothing(), list(rows))
    found = await tx.execute(
        select(disclosure_option.c.account_id, disclosure_option.c.option).where(
            disclosure_option.c.account_id.in_([row["account_id"] for row in rows])
        )
    )
    return {row.account_id: row.option for row in found}


async def stored_logins(tx: Transaction, ids: Iterable[UUID], identifiers: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of the logins with one of `ids`, and of those with one of `identifiers` that are not disabled."""
    holders = and_(login.c.identifier.in_(list(identifiers)), login.c.disabled_at.is_(None))
    found = await tx.execute(select(login).where(or_(login.c.id.in_(list(ids)), holders)))
    return [dict(row) for row in found.mappings()]


async def enabled_logins(tx: Transaction) -> set[UUID]:
    """Return the ids of the logins that are not disabled."""
    return set((await tx.execute(select(login.c.id).where(login.c.disabled_at.is_(None)))).scalars())


async def disable_logins(tx: Transaction, ids: Iterable[UUID], now: datetime) -> None:
    """Disable logins."""
    disabled = [{"which": each} for each in ids]
    if disabled:
        changed = update(login).where(login.c.id == bindparam("which")).values(disabled_at=now, updated_at=now)
        await tx.execute(changed, disabled)


async def kept_service_points(tx: Transaction, listed: Mapping[UUID, Mapping[str, Any]]) -> set[UUID]:
    """Return those of `listed`, rows by their ids, that a list of the retailer's own server does not change.

    They are stored already, and a record of the service point itself was imported, or the list has no new address.
    """
    if not listed:
        return set()
    query = select(service_point.c.id, service_point.c.detail).where(service_point.c.id.in_(list(listed)))
    return {
        row.id
        for row in await tx.execute(query)
        if row.detail.keys() - {"location"} or listed[row.id]["detail"] in ({}, row.detail)
    }


async def individuals(tx: Transaction, customers: Iterable[UUID]) -> set[UUID]:
    """Return those of the customers who are individuals: persons and sole traders."""
    is_individual = or_(customer.c.kind == "person", customer.c.detail["organisationType"].astext == _SOLE_TRADER)
    found = await tx.execute(select(customer.c.id).where(customer.c.id.in_(list(customers)), is_individual))
    return set(found.scalars())


async def existing_ids(tx: Transaction, table: Table, ids: Iterable[UUID]) -> set[UUID]:
    """Return those of `ids` for which `table` has a row."""
    wanted = list(ids)
    if not wanted:
        return set()
    found = await tx.execute(select(table.c.id).where(table.c.id.in_(wanted)))
    return set(found.scalars())
