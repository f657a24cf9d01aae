"""Creating, amending, activating, listing and ending arrangements."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from haas.database import Transaction
from tenants.accounts.service import market_day
from tenants.arrangements import store
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound, AuthorisationSuperseded
from tenants.arrangements.models import Arrangement, Authorisation, EndedBy, NewAuthorisation
from tenants.notices import outbox
from tenants.tokens import store as tokens

SETTLING: Final = timedelta(minutes=15)
"""How long no account of a customer must have been written before the customer's arrangements end as ineligible."""
_ENDS_WITHOUT_NOTICE: frozenset[EndedBy] = frozenset({"recipient", "register", "expiry"})
"""Values of `ended_by`. The recipient is not notified of these (CDS, CDR Arrangement Revocation endpoint)."""
TellHolders = Callable[[Transaction, Sequence[UUID], EndedBy, datetime], Awaitable[object]]
"""Tells the other holders of the accounts of ended arrangements (CDR Rules 4A.14(1), 4.28): what
`tenants.holders.service.tell_of_end` returns. Every function that ends arrangements needs it, so that none forgets it.
"""


async def create(
    tx: Transaction, *, client_id: str, customer_id: UUID, new: NewAuthorisation, now: datetime
) -> tuple[UUID, UUID]:
    """Create an arrangement, pending until its code is exchanged. Return its id and the id of its authorisation."""
    arrangement_id, authorisation_id = uuid4(), uuid4()
    await store.insert_arrangement(
        tx, arrangement_id=arrangement_id, client_id=client_id, customer_id=customer_id, login_id=new.login_id, now=now
    )
    await store.insert_authorisation(tx, arrangement_id, authorisation_id, new, now)
    return arrangement_id, authorisation_id


async def amend(
    tx: Transaction, arrangement_id: UUID, *, client_id: str, customer_id: UUID, new: NewAuthorisation, now: datetime
) -> UUID:
    """Add an authorisation to an arrangement. The current one stays in force until the new code is exchanged.

    Return the id of the new authorisation. Raise ArrangementNotFound unless the arrangement belongs to this client and
    this customer (CDS, Request Object Submission). Raise ArrangementEnded if it has ended or expired.
    """
    row = await store.lock(tx, arrangement_id)
    if row is None or row.client_id != client_id or row.customer_id != customer_id:
        raise ArrangementNotFound(f"{arrangement_id} is not an arrangement of this client and customer")
    if row.ended_at is not None:
        raise ArrangementEnded(f"{arrangement_id} ended on {row.ended_at}")
    current = await store.by_id(tx, arrangement_id)
    if current is None or current.state(now) == "expired":  # an expired arrangement is marked as ended a little later
        raise ArrangementEnded(f"{arrangement_id} has expired")
    authorisation_id = uuid4()
    await store.insert_authorisation(tx, arrangement_id, authorisation_id, new, now)
    return authorisation_id


async def put_in_force(
    tx: Transaction,
    arrangement_id: UUID,
    authorisation_id: UUID,
    *,
    login_id: UUID,
    expires_at: datetime | None = None,
    now: datetime,
) -> Authorisation:
    """Put an authorisation in force because its code is exchanged. Revoke the tokens of the previous authorisation.

    "Data Holders MUST revoke any existing tokens related to the arrangement once the new consent is successfully
    established" (CDS, Specifying an existing arrangement).
    `login_id` becomes the login of the arrangement; `expires_at`, if given, replaces the end of the authorisation.
    Raise ArrangementEnded if the arrangement has ended. Codes can be exchanged in any order, but the version that the
    person authorised last applies: raise AuthorisationSuperseded if a later version is already in force.
    """
    row = await store.lock(tx, arrangement_id)
    if row is None or row.ended_at is not None:
        raise ArrangementEnded(f"{arrangement_id} ended before its code was exchanged")
    if row.authorisation_id is not None and await store.is_later(tx, row.authorisation_id, than=authorisation_id):
        raise AuthorisationSuperseded(f"a later version of {arrangement_id} is in force")
    if row.authorisation_id is not None:
        await store.keep_authoriser(tx, row.authorisation_id, row.login_id)
    if row.active_at is not None:
        await tokens.revoke_for_arrangements(tx, [arrangement_id], now)
    return await store.put_in_force(
        tx, arrangement_id, authorisation_id, login_id=login_id, expires_at=expires_at, now=now
    )


async def end(
    tx: Transaction,
    arrangement_id: UUID,
    *,
    by: EndedBy,
    login_id: UUID | None = None,
    reason: str | None = None,
    tell: TellHolders,
    now: datetime,
) -> None:
    """End an arrangement, revoke its tokens, and notify the recipient unless the standards exclude this for `by`.

    `login_id` is the login that withdraws it on the dashboard: who reads of the end is told who it was.
    The caller must have checked that the requester may end the arrangement. Raise ArrangementNotFound, or
    ArrangementEnded if it has already ended. If an error is raised, nothing was changed.
    """
    if not await _end_all(
        tx, store.has_id(arrangement_id), by=by, login_id=login_id, reason=reason, tell=tell, now=now
    ):
        if await store.exists(tx, arrangement_id):
            raise ArrangementEnded(f"{arrangement_id} has already ended")
        raise ArrangementNotFound(f"there is no arrangement {arrangement_id}")


async def end_for_recipient(
    tx: Transaction,
    arrangement_id: UUID,
    client_id: str,
    *,
    reason: str | None = None,
    tell: TellHolders,
    now: datetime,
) -> None:
    """End an arrangement at the request of its recipient.

    "If the cdr_arrangement_id is not related to the client making the call it MUST be rejected" (CDS, CDR Arrangement
    Revocation endpoint). Raise ArrangementNotFound or ArrangementEnded.
    """
    row = await store.lock(tx, arrangement_id)
    if row is None or row.client_id != client_id:
        raise ArrangementNotFound(f"{arrangement_id} is not an arrangement of {client_id}")
    await end(tx, arrangement_id, by="recipient", reason=reason, tell=tell, now=now)


async def end_all_of_client(
    tx: Transaction, client_id: str, *, by: EndedBy, reason: str | None = None, tell: TellHolders, now: datetime
) -> int:
    """End all arrangements of a client (CDS, Participant statuses: invalidate consents). Return their number."""
    return len(await _end_all(tx, store.has_client(client_id), by=by, reason=reason, tell=tell, now=now))


async def end_all_of_customer(
    tx: Transaction, customer_id: UUID, *, by: EndedBy, reason: str | None = None, tell: TellHolders, now: datetime
) -> int:
    """End all arrangements of a customer, for example because the customer is not eligible any more (CDR Rules 4.26).

    Return their number.
    """
    return len(await _end_all(tx, store.has_customer(customer_id), by=by, reason=reason, tell=tell, now=now))


async def end_expired(tx: Transaction, now: datetime, *, tell: TellHolders) -> int:
    """Mark the arrangements whose sharing duration is over as ended by expiry. Return their number."""
    return len(await _end_all(tx, store.is_past_its_expiry(now), by="expiry", tell=tell, now=now))


async def end_of_ineligible_customers(tx: Transaction, now: datetime, *, tell: TellHolders) -> int:
    """End the arrangements of customers who are not eligible consumers (CDR Rules 4.26(1)(c)). Return their number.

    Their data is not disclosed in any case. An end cannot be undone, so it waits until an import or a correction of the
    customer's accounts is complete (`SETTLING`).
    """
    found = await store.of_ineligible_customers(tx, market_day(now), now, now - SETTLING)
    if not found:
        return 0
    return len(await _end_all(tx, store.is_one_of(found), by="ineligible", tell=tell, now=now))


async def list_for_login(tx: Transaction, login_id: UUID, now: datetime) -> list[Arrangement]:
    """Return the arrangements of all customers for whom the login may act today, newest first. Omit pending ones.

    An arrangement belongs to the customer, whoever gave the consent. It continues when that person may no longer act
    for the customer (CDR Rules 1.13(1)(c), 4.26; decision 0022).
    """
    return await store.for_login(tx, login_id, market_day(now))


async def get_for_login(tx: Transaction, arrangement_id: UUID, login_id: UUID, now: datetime) -> Arrangement:
    """Return an arrangement of a customer for whom the login may act. Raise ArrangementNotFound."""
    found = await store.for_login(tx, login_id, market_day(now), arrangement_id=arrangement_id)
    if not found:
        raise ArrangementNotFound(f"{arrangement_id} is not an arrangement of the login's customers")
    return found[0]


async def _end_all(
    tx: Transaction,
    which: store.ArrangementCondition,
    *,
    by: EndedBy,
    login_id: UUID | None = None,
    reason: str | None = None,
    tell: TellHolders,
    now: datetime,
) -> list[UUID]:
    ended = await store.mark_ended(tx, which, by=by, login_id=login_id, reason=reason, now=now)
    ids = [row.id for row in ended]
    if ids:
        await tokens.revoke_for_arrangements(tx, ids, now)
        await tell(tx, ids, by, now)
    if by not in _ENDS_WITHOUT_NOTICE:
        for row in ended:
            if row.active_at is not None:  # a recipient does not know of pending arrangements
                payload = {"arrangement_id": str(row.id), "client_id": row.client_id}
                await outbox.put(tx, "arrangement-revoked", payload, now=now, arrangement_id=row.id)
    return ids
