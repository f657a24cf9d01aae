"""The records about one consumer (CDR Rules 9.5), for the consumer: no secret, and nothing that could harm another.

Of a joint account, a holder also gets what the others have shared: of this account only, and never who shared it or
what data about that person. Nothing of a sharing is in it that a harm flag has concealed at any time, because clearing
a flag makes nothing visible that was concealed before (CDR Rules 4A.15, K-14).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from haas.database import Transaction
from haas.language import gettext, gettext_noop
from tenants.accounts.models import account_name
from tenants.accounts.service import labels_of
from tenants.arrangements import store as arrangements
from tenants.arrangements.models import Arrangement, Authorisation, EndedBy, Recipient
from tenants.consent.review import clusters_of
from tenants.data_language import CustomerKind, clusters, title_of
from tenants.joint_accounts.store import shared_by_others
from tenants.notices.dead_letters import LETTER
from tenants.parties.acted_by import acted_by_in_records
from tenants.records import store
from tenants.records.errors import UnknownCustomer
from tenants.records.models import (
    AuthorisedVersion,
    ComplaintRecord,
    CopyRecord,
    CorrectionRecord,
    Disclosure,
    JointSharing,
    RecordedRefusal,
    RecordPack,
    SentNotice,
    Sharing,
)
from tenants.registry.models import Tenant

_ENDED: Final[Mapping[EndedBy, str]] = {
    "consumer": gettext_noop("{who} stopped sharing on the dashboard."),
    "recipient": gettext_noop("It was withdrawn at the recipient, which told us."),
    "retailer": gettext_noop("We ended it."),
    "register": gettext_noop("The recipient may no longer receive data under the Consumer Data Right."),
    "expiry": gettext_noop("The time that you agreed to was over."),
    "replay": gettext_noop("We stopped it to protect your data."),
    "ineligible": gettext_noop("Your data could no longer be shared under the Consumer Data Right."),
    "harm": gettext_noop("We ended it."),
}
_NOTICES: Final[Mapping[str, str]] = {
    "arrangement-revoked": gettext_noop("To the recipient: the sharing has ended"),
    "authorisation-given": gettext_noop("To you: another person has given an authorisation"),
    "authorisation-amended": gettext_noop("To you: the authorisation of another person has changed"),
    "authorisation-withdrawn": gettext_noop("To you: the authorisation of another person was withdrawn"),
    "authorisation-ended": gettext_noop("To you: the authorisation of another person has ended"),
    "authorisation-expired": gettext_noop("To you: the authorisation of another person has expired"),
    "approval-asked": gettext_noop("To you: your approval of a sharing was asked for"),
    "approval-declined": gettext_noop("To you: not all account holders approved the sharing"),
    "approval-lapsed": gettext_noop("To you: another account holder did not approve the sharing in time"),
    "approval-withdrawn": gettext_noop("To you: the approval of another account holder was withdrawn"),
    "option-changed": gettext_noop("To you: who can share data of a joint account has changed"),
    "option-proposed": gettext_noop("To you: another account holder proposes to change who can share data"),
    "option-declined": gettext_noop("To you: not all account holders agreed to a proposal"),
    "option-lapsed": gettext_noop("To you: not all account holders agreed to a proposal in time"),
    "receipt-given": gettext_noop("To the person who authorised: a receipt of the authorisation"),
    "receipt-changed": gettext_noop("To the person who authorised: a receipt of the change"),
    "receipt-withdrawn": gettext_noop("To the person who authorised: a receipt of the withdrawal"),
    "receipt-ended": gettext_noop("To the person who authorised: a receipt of the end"),
    "receipt-expiring": gettext_noop("To the person who authorised: a receipt before the end"),
    "receipt-expired": gettext_noop("To the person who authorised: a receipt of the expiry"),
}
_ANOTHER_NOTICE: Final = gettext_noop("Another notice about the sharing")
_OF_ACCOUNTS: Final = "energy:"
"""How scopes begin whose data is about an account, and not about the person."""


async def build(tx: Transaction, tenant: Tenant, customer_id: UUID, now: datetime) -> RecordPack:
    """Return the records about a customer. Raise UnknownCustomer."""
    who = await store.customer(tx, customer_id)
    if who is None:
        raise UnknownCustomer(f"there is no customer {customer_id}")
    return RecordPack(
        brand=tenant.name,
        retailer=tenant.retailer,
        made_at=now,
        time_zone=tenant.settings.time_zone,
        customer=who.name,
        customer_reference=who.reference,
        sharing=await _own(tx, customer_id, who.kind, now),
        sharing_by_others=await _joint(tx, customer_id, now),
        refusals=[RecordedRefusal(**row) for row in await store.refusals(tx, customer_id)],
        complaints=await store.of_customer(tx, "complaint", ComplaintRecord, customer_id),
        corrections=await store.of_customer(tx, "correction_request", CorrectionRecord, customer_id),
        record_requests=await store.of_customer(tx, "record_request", CopyRecord, customer_id),
    )


async def _own(tx: Transaction, customer_id: UUID, kind: CustomerKind, now: datetime) -> list[Sharing]:
    """Return what the consumer has shared, also authorisations whose codes were never exchanged."""
    own = {each.id: each for each in await arrangements.of_customer(tx, customer_id)}
    versions = {each.id: list(each.versions) for each in own.values()}
    recipients = {each.id: each.recipient for each in own.values()}
    for arrangement_id, recipient, version in await arrangements.never_in_force(tx, customer_id):
        versions.setdefault(arrangement_id, []).append(version)
        recipients.setdefault(arrangement_id, recipient)
    disclosed = await store.disclosures(tx, list(own))
    notices = await store.notices(tx, list(own))
    covered = {account.id for each in versions.values() for version in each for account in version.accounts}
    names = await _names(tx, covered, disclosed, now)
    found = []
    for arrangement_id, recipient in recipients.items():
        arrangement = own.get(arrangement_id)
        found.append(
            Sharing(
                arrangement_id=arrangement_id,
                recipient=_name(recipient),
                software_product=recipient.client_name,
                versions=[
                    _version(each, names, kind)
                    for each in sorted(versions[arrangement_id], key=lambda version: version.version)
                ],
                ended_at=None if arrangement is None else arrangement.ended_at,
                ended=None if arrangement is None else _ended(arrangement),
                disclosures=[
                    _disclosure(row, names, kind) for row in disclosed if row.arrangement_id == arrangement_id
                ],
                notices=[
                    _notice(row)
                    for row in notices
                    # What other account holders were told is not told to the consumer (K-25).
                    if row.arrangement_id == arrangement_id and row.customer_id in (None, customer_id)
                ],
            )
        )
    return found


async def _joint(tx: Transaction, customer_id: UUID, now: datetime) -> list[JointSharing]:
    """Return what others have shared of the accounts that the consumer holds too, unless it was ever concealed."""
    shared = await shared_by_others(tx, customer_id)
    shared_ids = sorted({row.arrangement_id for row in shared})
    disclosed = await store.disclosures(tx, shared_ids)
    notices = await store.notices(tx, shared_ids)
    names = await _names(tx, {row.account_id for row in shared}, (), now)
    found = []
    for row in shared:
        scopes = [scope for scope in row.scopes if scope.startswith(_OF_ACCOUNTS)]
        found.append(
            JointSharing(
                account=names[row.account_id],
                recipient=row.registration.get("legal_entity_name") or row.registration["org_name"],
                # The clusters of accounts are the same for every kind of customer.
                data=[cluster.title for cluster in clusters(scopes, "person")],
                authorised_at=row.authorised_at,
                until=row.expires_at,
                ended_at=row.ended_at,
                disclosures=[
                    _disclosure(each, names, "person")
                    for each in disclosed
                    if (each.arrangement_id, each.account_id) == (row.arrangement_id, row.account_id)
                ],
                notices=[
                    _notice(each)
                    for each in notices
                    if (each.arrangement_id, each.customer_id) == (row.arrangement_id, customer_id)
                ],
            )
        )
    return found


async def _names(
    tx: Transaction, covered: Collection[UUID], disclosed: Iterable[store.DisclosureRow], now: datetime
) -> Mapping[UUID, str]:
    """Return the names of accounts that were covered, and of those whose data was disclosed, by their ids."""
    return await labels_of(tx, {*covered, *(row.account_id for row in disclosed if row.account_id is not None)}, now)


def _version(version: Authorisation, names: Mapping[UUID, str], kind: CustomerKind) -> AuthorisedVersion:
    return AuthorisedVersion(
        what="authorisation" if version.version == 1 else "amendment",
        authorised_at=version.authorised_at,
        authorised_by=acted_by_in_records(version.by),
        in_force_from=version.active_at,
        until=version.expires_at,
        data=[cluster.title for cluster in clusters_of(version, kind)],
        accounts=[names[each.id] for each in version.accounts],
    )


def _ended(arrangement: Arrangement) -> str | None:
    if arrangement.ended_by is None:
        return None
    return gettext(_ENDED[arrangement.ended_by], who=acted_by_in_records(arrangement.withdrawn_by))


def _disclosure(row: store.DisclosureRow, names: Mapping[UUID, str], kind: CustomerKind) -> Disclosure:
    return Disclosure(
        data=title_of(row.cluster, kind),
        account=None if row.account_id is None else names.get(row.account_id, account_name(None)),
        first_on=row.first_on,
        last_at=row.last_at,
        times=row.times,
        corrected_at=row.corrected_at,
    )


def _notice(row: store.NoticeRow) -> SentNotice:
    what = gettext(_NOTICES.get(row.about or row.kind, _ANOTHER_NOTICE))
    delivered_at = row.handled_at if row.kind == LETTER else row.done_at
    return SentNotice(what=what, made_at=row.created_at, delivered_at=delivered_at)


def _name(recipient: Recipient) -> str:
    return recipient.legal_entity_name or recipient.org_name
