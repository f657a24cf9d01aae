"""The SQL of findings and of the disclosures that they affect."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Statement, Transaction
from tenants.accounts.tables import account, service_point, supply
from tenants.arrangements.tables import arrangement
from tenants.calls.tables import disclosure_day
from tenants.clients.tables import client
from tenants.corrections.models import Affected, ChangedData, Disclosed, DisclosureFinding, FindingState, Owed
from tenants.corrections.tables import affected_disclosure, disclosure_finding
from tenants.operations.models import Resource
from tenants.parties.tables import login
from tenants.schema_metadata import Json
from tenants.sources.store import STORED
from tenants.sources.tables import column_of

ReplacedItem = tuple[UUID, str, str | None, date]
"""An item of an account: the id of the account, the retailer's reference, the new item as JSON, or None, and the last
day on which data of the account was disclosed."""

_SYDNEY: Final[ColumnElement[str]] = literal_column("'Australia/Sydney'")
_MARKET: Final[ColumnElement[str]] = literal_column(
    "'Australia/Brisbane'"
)  # the market's time zone: UTC+10 without daylight saving
_cluster = bindparam("cluster", type_=Text)
_last_disclosed = func.max(disclosure_day.c.day)
_DISCLOSED_ACCOUNTS = Statement(
    select(disclosure_day.c.account_id, _last_disclosed)
    .where(
        disclosure_day.c.account_id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
        disclosure_day.c.cluster == _cluster,
    )
    .group_by(disclosure_day.c.account_id)
)
_DISCLOSED_POINTS = Statement(
    select(supply.c.service_point_id, _last_disclosed)
    .join(disclosure_day, disclosure_day.c.account_id == supply.c.account_id)
    .where(
        supply.c.service_point_id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
        disclosure_day.c.cluster == _cluster,
    )
    .group_by(supply.c.service_point_id)
)


async def disclosed_accounts(tx: Transaction, ids: Iterable[UUID], cluster: str) -> dict[UUID, date]:
    """Return the accounts among `ids` of which data of a cluster was disclosed, each with the last day of that."""
    return dict(map(tuple, await tx.rows(_DISCLOSED_ACCOUNTS, ids=list(ids), cluster=cluster)))


async def disclosed_points(tx: Transaction, ids: Iterable[UUID], cluster: str) -> dict[UUID, date]:
    """Return the service points among `ids` whose accounts had data of a cluster disclosed, with the last day."""
    return dict(map(tuple, await tx.rows(_DISCLOSED_POINTS, ids=list(ids), cluster=cluster)))


async def changed_items(
    tx: Transaction, resource: Resource, items: Sequence[ReplacedItem], ignored: Iterable[str]
) -> list[ChangedData]:
    """Return the days of the stored items that differ from `items`, by account. `ignored` members may differ.

    Stored items that are newer than the last disclosure are left out.
    """
    table = STORED[resource].table
    names = ", ".join(sorted(ignored))
    without: ColumnElement[Any] = literal_column(f"'{{{names}}}'::text[]")
    accounts, references, details, until = zip(*items, strict=True)
    given = (
        func.unnest(
            bindparam("accounts", accounts, type_=ARRAY(Uuid)),
            bindparam("references", references, type_=ARRAY(Text)),
            bindparam("details", details, type_=ARRAY(Text)),
            bindparam("until", until, type_=ARRAY(Date)),
        )
        .table_valued(
            column("account_id", Uuid), column("reference", Text), column("detail", Text), column("until", Date)
        )
        .render_derived(name="given")
    )
    dated = table.c[column_of(str(resource.dated_by))]
    day: Any = dated if isinstance(dated.type, Date) else cast(func.timezone(_MARKET, dated), Date)
    new = cast(given.c.detail, Json)
    found: Any = await tx.execute(
        select(table.c.account_id, func.min(day), func.max(day))
        .join(given, (given.c.account_id == table.c.account_id) & (given.c.reference == table.c.reference))
        .where(day <= given.c.until, table.c.detail.op("-")(without).is_distinct_from(new.op("-")(without)))
        .group_by(table.c.account_id)
    )
    return [ChangedData(resource.name, owner, None, first, last) for owner, first, last in found]


async def add_findings(
    tx: Transaction, import_id: UUID, changes: Iterable[ChangedData], *, now: datetime, due_at: datetime
) -> None:
    """Add a finding for each change. A finding of the same import about the same data gets its days too."""
    rows = [
        {
            "id": uuid4(),
            "import_id": import_id,
            "found_at": now,
            "due_at": due_at,
            "state": "open",
            **change._asdict(),
        }
        for change in sorted(changes, key=lambda each: (each.resource, each.account_id or each.service_point_id))
    ]
    if not rows:
        return
    new = upsert(disclosure_finding)
    days = {
        "first_day": func.least(disclosure_finding.c.first_day, new.excluded.first_day),
        "last_day": func.greatest(disclosure_finding.c.last_day, new.excluded.last_day),
    }
    key = ["import_id", "resource", "account_id", "service_point_id"]
    await tx.execute(new.on_conflict_do_update(index_elements=key, set_=days), rows)


async def findings(tx: Transaction, state: FindingState | None = None) -> list[DisclosureFinding]:
    """Return the findings in a state, or all, oldest first."""
    query = select(disclosure_finding).order_by(disclosure_finding.c.found_at, disclosure_finding.c.id)
    if state is not None:
        query = query.where(disclosure_finding.c.state == state)
    return [DisclosureFinding(**row) for row in (await tx.execute(query)).mappings()]


async def owed(tx: Transaction, until: datetime) -> Owed:
    """Return what must be done until `until`: open findings that are due then, and persons who are not told by then."""
    is_due = disclosure_finding.c.due_at <= until
    open_ = select(func.count()).select_from(disclosure_finding).where(disclosure_finding.c.state == "open", is_due)
    untold = (
        select(func.count())
        .select_from(affected_disclosure.join(disclosure_finding))
        .where(affected_disclosure.c.state == literal_column("'unreachable'"), is_due)
    )
    query = select(open_.scalar_subquery().label("findings"), untold.scalar_subquery().label("persons"))
    return Owed(**(await tx.execute(query)).mappings().one())


async def references_of(tx: Transaction, found: Iterable[DisclosureFinding]) -> dict[UUID, str]:
    """Return the retailer's references of the accounts and service points of findings, by their internal ids."""
    ids = {each.account_id or each.service_point_id for each in found}
    references: dict[UUID, str] = {}
    for table in (account, service_point):
        rows = await tx.execute(select(table.c.id, table.c.reference).where(table.c.id.in_(ids)))
        references |= {row.id: row.reference for row in rows}
    return references


async def lock_finding(tx: Transaction, finding_id: UUID) -> DisclosureFinding | None:
    """Return a finding, or None. Its row is locked until the transaction ends."""
    query = select(disclosure_finding).where(disclosure_finding.c.id == finding_id).with_for_update()
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else DisclosureFinding(**row)


async def decide(
    tx: Transaction, finding_id: UUID, state: FindingState, *, actor: str, reason: str, now: datetime
) -> None:
    """Store the decision of the staff."""
    decided = {"state": state, "decided_at": now, "decided_by": actor, "decision": reason}
    await tx.execute(update(disclosure_finding).where(disclosure_finding.c.id == finding_id).values(decided))


async def disclosures_of(tx: Transaction, finding: DisclosureFinding, cluster: str) -> list[Disclosed]:
    """Return the disclosures that may have contained the data before the change, by arrangement and account.

    Data about a day cannot have been disclosed before that day.
    """
    supplied = select(supply.c.account_id).where(
        supply.c.service_point_id == finding.service_point_id,
        supply.c.valid_from <= finding.last_day,
        or_(supply.c.valid_to.is_(None), supply.c.valid_to >= finding.first_day),
    )
    of_account = disclosure_day.c.account_id == finding.account_id
    found_on = cast(func.timezone(_SYDNEY, bindparam("found_at", finding.found_at)), Date)
    registered = client.c.registration.op("->>")
    recipient = func.coalesce(
        registered(literal_column("'legal_entity_name'")), registered(literal_column("'org_name'"))
    )
    key = (
        disclosure_day.c.arrangement_id,
        disclosure_day.c.account_id,
        recipient,
        *(login.c[name] for name in ("name", "email", "mobile", "channel")),
    )
    query = (
        select(
            disclosure_day.c.arrangement_id,
            disclosure_day.c.account_id,
            func.min(disclosure_day.c.day).label("first_day"),
            func.max(disclosure_day.c.day).label("last_day"),
            recipient.label("recipient"),
            login.c.name.label("person"),
            login.c.email,
            login.c.mobile,
            login.c.channel,
        )
        .join(arrangement, arrangement.c.id == disclosure_day.c.arrangement_id)
        .join(client, client.c.client_id == arrangement.c.client_id)
        .join(login, login.c.id == arrangement.c.login_id)
        .where(
            disclosure_day.c.cluster == cluster,
            disclosure_day.c.account_id.in_(supplied) if finding.account_id is None else of_account,
            disclosure_day.c.day >= finding.first_day,
            disclosure_day.c.day <= found_on,
        )
        .group_by(*key)
        .order_by(disclosure_day.c.arrangement_id, disclosure_day.c.account_id)
    )
    return [Disclosed(**row) for row in (await tx.execute(query)).mappings()]


async def add_affected(tx: Transaction, rows: Sequence[Affected]) -> None:
    """Add the disclosures that a finding affects."""
    if rows:
        await tx.execute(insert(affected_disclosure), [msgspec.structs.asdict(row) for row in rows])


async def affected_by(tx: Transaction, finding_id: UUID) -> list[Affected]:
    """Return the disclosures that a finding affects."""
    query = select(affected_disclosure).where(affected_disclosure.c.finding_id == finding_id)
    in_order = query.order_by(affected_disclosure.c.arrangement_id, affected_disclosure.c.account_id)
    return [Affected(**row) for row in (await tx.execute(in_order)).mappings()]


async def lock_affected(tx: Transaction, affected_id: UUID) -> Affected | None:
    """Return an affected disclosure, or None. Its row is locked until the transaction ends."""
    query = select(affected_disclosure).where(affected_disclosure.c.id == affected_id).with_for_update()
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else Affected(**row)


async def set_affected(tx: Transaction, affected_id: UUID, values: Mapping[str, object]) -> None:
    """Change columns of an affected disclosure."""
    await tx.execute(update(affected_disclosure).where(affected_disclosure.c.id == affected_id).values(values))


async def set_corrected(tx: Transaction) -> list[Affected]:
    """Mark as corrected what consumers wanted to be corrected and what was disclosed again since they answered.

    Return the changed rows.
    """
    again = (
        select(func.min(disclosure_day.c.last_at))
        .where(
            *(
                disclosure_day.c[name] == affected_disclosure.c[name]
                for name in ("arrangement_id", "account_id", "cluster")
            ),
            disclosure_day.c.last_at > affected_disclosure.c.answered_at,
        )
        .correlate(affected_disclosure)
        .scalar_subquery()
    )
    changed = (
        update(affected_disclosure)
        .where(affected_disclosure.c.state == literal_column("'wanted'"), again.is_not(None))
        .values(state="corrected", corrected_at=again)
        .returning(affected_disclosure)
    )
    return [Affected(**row) for row in (await tx.execute(changed)).mappings()]
