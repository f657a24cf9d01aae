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
from tenants.accounts.models import account_name
from tenants.accounts.service import labels_of
from tenants.arrangements import store as arrangements
from tenants.arrangements.models import Arrangement, Authorisation, EndedBy, Recipient
from tenants.consent.review import clusters_of
from tenants.data_language import CustomerKind, clusters, title_of
from tenants.joint_accounts.store import shared_by_others
from tenants.notices.dead_letters import LETTER
from tenants.parties.acted_by import ActedBy
from tenants.parties.models import RepresentationRole
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

_BY: Final[Mapping[RepresentationRole | None, str]] = {
    "self": "the consumer",
    "nominated-representative": "a nominated representative of the consumer",
    "attorney": "an attorney of the consumer",
    "guardian": "a guardian of the consumer",
    "administrator": "an administrator who acts for the consumer",
    None: "a person who acted for the consumer",
}
"""Who gave, changed or withdrew an authorisation: by role, because the name is personal data of another person."""
_BY_SOMEBODY: Final = "the consumer or a person who may act for the consumer"
"""Where it was not stored who it was."""
_ENDED: Final[Mapping[EndedBy, str]] = {
    "consumer": "withdrawn on the dashboard by {who}",
    "recipient": "withdrawn at the data recipient, which told us through its interface",
    "retailer": "ended by us",
    "register": "ended because of a status in the CDR Register",
    "expiry": "expired",
    "replay": "ended by us to protect the data",
    "ineligible": "ended because the consumer was not eligible any more",
    "harm": "ended by us",
}
_NOTICES: Final = {
    "arrangement-revoked": "to the data recipient: the arrangement has ended",
    "authorisation-given": "to you: another person has given an authorisation",
    "authorisation-amended": "to you: the authorisation of another person has changed",
    "authorisation-withdrawn": "to you: the authorisation of another person was withdrawn",
    "authorisation-ended": "to you: the authorisation of another person has ended",
    "authorisation-expired": "to you: the authorisation of another person has expired",
    "approval-asked": "to you: your approval of a sharing was asked for",
    "approval-declined": "to you: not all account holders approved the sharing",
    "approval-lapsed": "to you: another account holder did not approve the sharing in time",
    "approval-withdrawn": "to you: the approval of another account holder was withdrawn",
    "receipt-given": "to who authorised: a receipt of the authorisation",
    "receipt-changed": "to who authorised: a receipt of the change",
    "receipt-withdrawn": "to who authorised: a receipt of the withdrawal",
    "receipt-ended": "to who authorised: a receipt of the end",
    "receipt-expiring": "to who authorised: a receipt before the end",
    "receipt-expired": "to who authorised: a receipt of the expiry",
}
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
        authorised_by=_by(version.by),
        in_force_from=version.active_at,
        until=version.expires_at,
        data=[cluster.title for cluster in clusters_of(version, kind)],
        accounts=[names[each.id] for each in version.accounts],
    )


def _ended(arrangement: Arrangement) -> str | None:
    if arrangement.ended_by is None:
        return None
    return _ENDED[arrangement.ended_by].format(who=_by(arrangement.withdrawn_by))


def _by(acted: ActedBy | None) -> str:
    return _BY_SOMEBODY if acted is None else _BY[acted.role]


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
    what = row.about or row.kind
    delivered_at = row.handled_at if row.kind == LETTER else row.done_at
    return SentNotice(what=_NOTICES.get(what, what), made_at=row.created_at, delivered_at=delivered_at)


def _name(recipient: Recipient) -> str:
    return recipient.legal_entity_name or recipient.org_name
