"""The SQL of arrangements, their authorisations and authorised accounts."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, case, func, insert, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Transaction
from tenants.accounts.models import ApprovalState
from tenants.accounts.store import authoriser, is_eligible, is_protected, market_day_of, was_concealed
from tenants.accounts.tables import account, holding
from tenants.arrangements.models import (
    AccountApproval,
    Arrangement,
    Authorisation,
    AuthorisedAccount,
    EndedBy,
    NewAuthorisation,
    Recipient,
)
from tenants.arrangements.tables import account_approval, arrangement, authorisation, authorised_account
from tenants.clients.tables import client
from tenants.parties import store as parties
from tenants.parties.acted_by import ActedBy
from tenants.parties.models import RepresentationRole
from tenants.parties.tables import representation
from tenants.schema_metadata import Uuid

ArrangementCondition = ColumnElement[bool]
"""An SQL condition that selects arrangements: the result of `has_id`, for example."""
_WAS_ACTIVATED = arrangement.c.active_at.is_not(None)
WITHDRAWN_AS: Final = parties.role_on(
    arrangement.c.customer_id, arrangement.c.ended_by_login_id, market_day_of(arrangement.c.ended_at)
)
"""By which authority an arrangement was withdrawn on the dashboard, or null."""
_AUTHORISER: Final = func.coalesce(
    authorisation.c.login_id, case((authorisation.c.id == arrangement.c.authorisation_id, arrangement.c.login_id))
)
"""The login that has given an authorisation, or null. Releases before revision 0017 stored only who gave the one in
force."""
_AUTHORISED_BY: Final = (
    _AUTHORISER.label("authorised_by"),
    parties.role_on(arrangement.c.customer_id, _AUTHORISER, market_day_of(authorisation.c.authorised_at)).label(
        "authorised_as"
    ),
)


async def insert_arrangement(
    tx: Transaction,
    *,
    arrangement_id: UUID,
    client_id: str,
    customer_id: UUID,
    login_id: UUID,
    now: datetime,
) -> None:
    """Add a pending arrangement. No data is shared until its first code is exchanged."""
    values = {
        "id": arrangement_id,
        "client_id": client_id,
        "customer_id": customer_id,
        "login_id": login_id,
        "created_at": now,
    }
    await tx.execute(insert(arrangement).values(values))


async def insert_authorisation(
    tx: Transaction, arrangement_id: UUID, authorisation_id: UUID, new: NewAuthorisation, now: datetime
) -> None:
    """Add an authorisation, the next version of an arrangement, with its accounts."""
    last = select(func.coalesce(func.max(authorisation.c.version), 0)).where(
        authorisation.c.arrangement_id == arrangement_id
    )
    await tx.execute(
        insert(authorisation).values(
            id=authorisation_id,
            arrangement_id=arrangement_id,
            version=last.scalar_subquery() + 1,
            login_id=new.login_id,
            scopes=list(new.scopes),
            claims=new.claims,
            shown=new.shown,
            sharing_duration=new.sharing_duration,
            acr=new.acr,
            authenticated_at=new.authenticated_at,
            authorised_at=now,
            expires_at=new.expires_at,
        )
    )
    if new.accounts:
        rows = [
            {"authorisation_id": authorisation_id, "account_id": account_id, "approval": "approved"}
            for account_id in new.accounts
        ]
        await tx.execute(insert(authorised_account), rows)


async def lock(tx: Transaction, arrangement_id: UUID) -> Row[Any] | None:
    """Return the row of an arrangement, locked until the transaction ends, or None."""
    result = await tx.execute(select(arrangement).where(arrangement.c.id == arrangement_id).with_for_update())
    return result.one_or_none()


async def is_later(tx: Transaction, authorisation_id: UUID, *, than: UUID) -> bool:
    """Return whether an authorisation is a later version of its arrangement than `than`."""
    other = select(authorisation.c.version).where(authorisation.c.id == than).scalar_subquery()
    query = select(authorisation.c.version > other).where(authorisation.c.id == authorisation_id)
    return bool((await tx.execute(query)).scalar_one())


async def keep_authoriser(tx: Transaction, authorisation_id: UUID, login_id: UUID) -> None:
    """Store who has given an authorisation, where a release before revision 0017 has not."""
    unknown = and_(authorisation.c.id == authorisation_id, authorisation.c.login_id.is_(None))
    await tx.execute(update(authorisation).where(unknown).values(login_id=login_id))


async def put_in_force(
    tx: Transaction,
    arrangement_id: UUID,
    authorisation_id: UUID,
    *,
    login_id: UUID,
    expires_at: datetime | None,
    now: datetime,
) -> Authorisation:
    """Make an authorisation the one in force. `expires_at`, if given, replaces its end."""
    changes: dict[str, Any] = {"active_at": now}
    if expires_at is not None:
        changes["expires_at"] = expires_at
    result = await tx.execute(
        update(authorisation).where(authorisation.c.id == authorisation_id).values(changes).returning(*authorisation.c)
    )
    await tx.execute(
        update(arrangement)
        .where(arrangement.c.id == arrangement_id)
        .values(
            active_at=func.coalesce(arrangement.c.active_at, now), authorisation_id=authorisation_id, login_id=login_id
        )
    )
    return _authorisation(result.one())


async def save_holder_approval(tx: Transaction, approval: AccountApproval) -> None:
    """Store a holder's approval of an authorised account. It replaces the holder's previous one."""
    values = msgspec.structs.asdict(approval)
    key = [column.name for column in account_approval.primary_key]
    await tx.execute(upsert(account_approval).values(values).on_conflict_do_update(index_elements=key, set_=values))


async def holder_approvals(tx: Transaction, authorisation_id: UUID, account_id: UUID) -> list[AccountApproval]:
    """Return the holders' approvals of an authorised account. Its row is locked until the transaction ends."""
    await tx.execute(
        select(authorised_account).where(_is_authorised_account(authorisation_id, account_id)).with_for_update()
    )
    found = await tx.execute(
        select(account_approval)
        .where(account_approval.c.authorisation_id == authorisation_id, account_approval.c.account_id == account_id)
        .order_by(account_approval.c.customer_id)
    )
    return [AccountApproval(**row) for row in found.mappings()]


async def set_combined_approval(
    tx: Transaction, authorisation_id: UUID, account_id: UUID, approval: ApprovalState
) -> None:
    """Set the combined approval of all holders of an authorised account."""
    await tx.execute(
        update(authorised_account).where(_is_authorised_account(authorisation_id, account_id)).values(approval=approval)
    )


def _is_authorised_account(authorisation_id: UUID, account_id: UUID) -> ArrangementCondition:
    return and_(
        authorised_account.c.authorisation_id == authorisation_id, authorised_account.c.account_id == account_id
    )


async def mark_ended(
    tx: Transaction,
    which: ArrangementCondition,
    *,
    by: EndedBy,
    login_id: UUID | None,
    reason: str | None,
    now: datetime,
) -> list[Row[Any]]:
    """Mark those selected arrangements as ended that have not ended. Return id, client_id and active_at of each.

    `login_id` is the login that withdrew them, if that is known.
    """
    result = await tx.execute(
        update(arrangement)
        .where(which, arrangement.c.ended_at.is_(None))
        .values(ended_at=now, ended_by=by, end_reason=reason, ended_by_login_id=login_id)
        .returning(arrangement.c.id, arrangement.c.client_id, arrangement.c.active_at)
    )
    return list(result.all())


def has_id(arrangement_id: UUID) -> ArrangementCondition:
    """Return the condition that selects one arrangement."""
    return arrangement.c.id == arrangement_id


def has_client(client_id: str) -> ArrangementCondition:
    """Return the condition that selects all arrangements of a client."""
    return arrangement.c.client_id == client_id


def has_customer(customer_id: UUID) -> ArrangementCondition:
    """Return the condition that selects all arrangements of a customer."""
    return arrangement.c.customer_id == customer_id


def is_past_its_expiry(now: datetime) -> ArrangementCondition:
    """Return the condition that selects active arrangements whose sharing duration is over."""
    over = select(authorisation.c.id).where(
        authorisation.c.id == arrangement.c.authorisation_id, authorisation.c.expires_at <= now
    )
    return and_(_WAS_ACTIVATED, over.exists())


def is_one_of(arrangement_ids: Collection[UUID]) -> ArrangementCondition:
    """Return the condition that selects arrangements by their ids."""
    return arrangement.c.id.in_(arrangement_ids)


async def of_ineligible_customers(tx: Transaction, today: date, now: datetime, settled: datetime) -> list[UUID]:
    """Return the active arrangements whose customer is not an eligible consumer.

    Arrangements of customers of whom an account was written after `settled` are left out.
    """
    written = (
        select(holding.c.account_id)
        .join(account, account.c.id == holding.c.account_id)
        .where(holding.c.customer_id == arrangement.c.customer_id, account.c.updated_at > settled)
    )
    query = select(arrangement.c.id).where(
        _WAS_ACTIVATED, arrangement.c.ended_at.is_(None), ~is_eligible(arrangement.c.customer_id), ~written.exists()
    )
    return list((await tx.execute(query, {"today": today, "now": now})).scalars())


async def number_of_active_authorisations(tx: Transaction, now: datetime) -> int:
    """Return how many arrangements are in force at `now`. Each has one authorisation in force."""
    in_force = authorisation.c.id == arrangement.c.authorisation_id
    query = (
        select(func.count())
        .select_from(arrangement.join(authorisation, in_force))
        .where(_WAS_ACTIVATED, arrangement.c.ended_at.is_(None), authorisation.c.expires_at > now)
    )
    return int((await tx.execute(query)).scalar_one())


async def exists(tx: Transaction, arrangement_id: UUID) -> bool:
    """Return whether an arrangement with this id exists."""
    result = await tx.execute(select(true()).where(arrangement.c.id == arrangement_id))
    return result.scalar_one_or_none() is not None


async def for_login(
    tx: Transaction, login_id: UUID, today: date, *, arrangement_id: UUID | None = None
) -> list[Arrangement]:
    """Return the arrangements of the customers for whom a login may act, or only `arrangement_id`; newest first.

    Those are left out that a harm flag conceals from another customer for whom the login acts (CDR Rules 4A.15). The
    person who gave the consent, and the customer in person, see them in every case.
    """
    represented = select(representation.c.customer_id).where(
        representation.c.login_id == login_id, parties.is_representation_in_force(today)
    )
    is_open_to_login = or_(
        arrangement.c.login_id == login_id,
        parties.is_in_person(arrangement.c.customer_id, literal(login_id, Uuid), today),
        ~_is_concealed_from(represented),
    )
    query = _select_arrangements().where(arrangement.c.customer_id.in_(represented), is_open_to_login)
    if arrangement_id is not None:
        query = query.where(arrangement.c.id == arrangement_id)
    return await _load(tx, query)


def _is_concealed_from(customers: Select[Any]) -> ArrangementCondition:
    """Return whether a harm flag has concealed an account of the arrangement from one of the other `customers`."""
    shared = (
        select(authorised_account.c.account_id)
        .join(authorisation, authorisation.c.id == authorised_account.c.authorisation_id)
        .join(holding, holding.c.account_id == authorised_account.c.account_id)
        .where(
            authorisation.c.arrangement_id == arrangement.c.id,
            holding.c.customer_id.in_(customers),
            holding.c.customer_id != arrangement.c.customer_id,
            was_concealed(arrangement.c.customer_id, authorised_account.c.account_id, authorisation.c.authorised_at),
        )
    )
    return shared.correlate(arrangement).exists()


async def of_customer(tx: Transaction, customer_id: UUID) -> list[Arrangement]:
    """Return all arrangements of a customer, also ended ones, newest first. Omit pending ones."""
    return await _load(tx, _select_arrangements().where(arrangement.c.customer_id == customer_id))


async def never_in_force(tx: Transaction, customer_id: UUID) -> list[tuple[UUID, Recipient, Authorisation]]:
    """Return the authorisations of a customer whose codes were not exchanged, with arrangement and recipient."""
    query = (
        select(
            authorisation,
            *_AUTHORISED_BY,
            arrangement.c.client_id,
            client.c.software_id,
            client.c.recipient_id,
            client.c.registration,
        )
        .join(arrangement, arrangement.c.id == authorisation.c.arrangement_id)
        .join(client, client.c.client_id == arrangement.c.client_id)
        .where(arrangement.c.customer_id == customer_id, authorisation.c.active_at.is_(None))
        .order_by(authorisation.c.authorised_at)
    )
    rows = (await tx.execute(query)).all()
    accounts = await _accounts(tx, [row.id for row in rows])
    return [
        (
            row.arrangement_id,
            _recipient(row),
            msgspec.structs.replace(
                _authorisation(row),
                accounts=accounts.get(row.id, ()),
                by=_acted_by(row.authorised_by, row.authorised_as),
            ),
        )
        for row in rows
    ]


async def by_id(tx: Transaction, arrangement_id: UUID) -> Arrangement | None:
    """Return an arrangement, or None if there is none or it is still pending."""
    found = await _load(tx, _select_arrangements().where(arrangement.c.id == arrangement_id))
    return found[0] if found else None


def _select_arrangements() -> Select[Any]:
    return (
        select(
            arrangement,
            WITHDRAWN_AS.label("withdrawn_as"),
            client.c.software_id,
            client.c.recipient_id,
            client.c.registration,
        )
        .join(client, client.c.client_id == arrangement.c.client_id)
        .where(_WAS_ACTIVATED)
        .order_by(arrangement.c.created_at.desc(), arrangement.c.id)
    )


async def _load(tx: Transaction, query: Select[Any]) -> list[Arrangement]:
    rows = (await tx.execute(query)).all()
    versions = await _authorisations(tx, [row.id for row in rows])
    accounts = await _accounts(tx, [version.id for found in versions.values() for version in found])
    return [
        _arrangement(
            row,
            [msgspec.structs.replace(version, accounts=accounts.get(version.id, ())) for version in versions[row.id]],
        )
        for row in rows
    ]


async def _authorisations(tx: Transaction, arrangement_ids: Collection[UUID]) -> dict[UUID, list[Authorisation]]:
    grouped: dict[UUID, list[Authorisation]] = {arrangement_id: [] for arrangement_id in arrangement_ids}
    if grouped:
        result = await tx.execute(
            select(authorisation, *_AUTHORISED_BY)
            .join(arrangement, arrangement.c.id == authorisation.c.arrangement_id)
            .where(authorisation.c.arrangement_id.in_(grouped), authorisation.c.active_at.is_not(None))
            .order_by(authorisation.c.version)
        )
        for row in result:
            by = _acted_by(row.authorised_by, row.authorised_as)
            grouped[row.arrangement_id].append(msgspec.structs.replace(_authorisation(row), by=by))
    return grouped


async def _accounts(
    tx: Transaction, authorisation_ids: Collection[UUID]
) -> Mapping[UUID, tuple[AuthorisedAccount, ...]]:
    grouped: dict[UUID, list[AuthorisedAccount]] = {}
    if authorisation_ids:
        approve_by = (
            select(func.min(account_approval.c.due_at))
            .where(
                account_approval.c.authorisation_id == authorised_account.c.authorisation_id,
                account_approval.c.account_id == authorised_account.c.account_id,
                account_approval.c.state == "pending",
                # An account that a harm flag protects waits for nobody (CDR Rules 4A.15).
                ~is_protected(
                    arrangement.c.customer_id,
                    authorised_account.c.account_id,
                    authoriser(arrangement.c.login_id, authorisation.c.authorised_at),
                    None,
                ),
            )
            .correlate(authorised_account, authorisation, arrangement)
            .scalar_subquery()
        )
        result = await tx.execute(
            select(authorised_account, approve_by.label("approve_by"))
            .join(account, account.c.id == authorised_account.c.account_id)
            .join(authorisation, authorisation.c.id == authorised_account.c.authorisation_id)
            .join(arrangement, arrangement.c.id == authorisation.c.arrangement_id)
            .where(authorised_account.c.authorisation_id.in_(authorisation_ids))
            .order_by(account.c.display_name, account.c.id)
        )
        for row in result:
            grouped.setdefault(row.authorisation_id, []).append(
                AuthorisedAccount(id=row.account_id, approval=row.approval, approve_by=row.approve_by)
            )
    return {authorisation_id: tuple(found) for authorisation_id, found in grouped.items()}


def _authorisation(row: Row[Any]) -> Authorisation:
    return Authorisation(
        id=row.id,
        version=row.version,
        scopes=tuple(row.scopes),
        claims=row.claims,
        shown=row.shown,
        sharing_duration=row.sharing_duration,
        acr=row.acr,
        authenticated_at=row.authenticated_at,
        authorised_at=row.authorised_at,
        active_at=row.active_at,
        expires_at=row.expires_at,
    )


def _acted_by(login_id: UUID | None, role: RepresentationRole | None) -> ActedBy | None:
    return None if login_id is None else ActedBy(login_id=login_id, role=role)


def _recipient(row: Row[Any]) -> Recipient:
    registration: Mapping[str, Any] = row.registration
    return Recipient(
        client_id=row.client_id,
        software_id=row.software_id,
        client_name=registration["client_name"],
        org_name=registration["org_name"],
        legal_entity_name=registration.get("legal_entity_name"),
        recipient_id=row.recipient_id,
        logo_uri=registration.get("logo_uri"),
        policy_uri=registration.get("policy_uri"),
    )


def _arrangement(row: Row[Any], versions: list[Authorisation]) -> Arrangement:
    in_force = next(version for version in versions if version.id == row.authorisation_id)
    return Arrangement(
        id=row.id,
        customer_id=row.customer_id,
        login_id=row.login_id,
        recipient=_recipient(row),
        created_at=row.created_at,
        active_at=row.active_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        end_reason=row.end_reason,
        withdrawn_by=_acted_by(row.ended_by_login_id, row.withdrawn_as),
        authorisation=in_force,
        versions=tuple(versions),
    )
