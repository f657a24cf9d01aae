"""From a finding to a corrected disclosure (CDR Rules 7.10; privacy safeguard 11; K-37).

    import ─ finding: open ─┬─ dismissed
                            └─ confirmed → told ─┬─ declined
                                                 └─ wanted → corrected

An import cannot know why data is changed, so the staff decides. See decision 0044.
"""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec

from haas.database import Transaction
from tenants.accounts.models import account_name
from tenants.accounts.service import labels_of
from tenants.audit import service as audit
from tenants.audit.models import AuditedChange
from tenants.calls import store as calls
from tenants.calls.models import DisclosedPeriod
from tenants.corrections import store
from tenants.corrections.changes import CLUSTERS
from tenants.corrections.errors import NotFound, WrongState
from tenants.corrections.models import Affected, Disclosed, DisclosureFinding, FindingState, Owed
from tenants.corrections.notice_text import notice_text
from tenants.notices.models import EmailPayload
from tenants.notices.outbox import NoticeKind, put

logger = logging.getLogger(__name__)

SOON: Final = timedelta(days=2)
"""A warning is written every day, so each limit has one or two warnings before it."""
_ROLE: Final = "staff"


async def confirm(
    tx: Transaction, finding_id: UUID, *, actor: str, reason: str, brand_name: str, now: datetime
) -> list[Affected]:
    """State that the data was wrong when it was disclosed, and tell every person who authorised its disclosure.

    Return the affected disclosures. Raises NotFound, or WrongState if the finding was decided before.
    """
    finding = await _decide(tx, finding_id, actor=actor, reason=reason, now=now, confirms=True)
    cluster = CLUSTERS[finding.resource]
    found = await store.disclosures_of(tx, finding, cluster)
    names = await labels_of(tx, {each.account_id for each in found}, now)
    affected = [
        await _told(
            tx, finding, each, cluster, names.get(each.account_id, account_name(None)), brand_name=brand_name, now=now
        )
        for each in found
    ]
    await store.add_affected(tx, affected)
    return affected


async def dismiss(tx: Transaction, finding_id: UUID, *, actor: str, reason: str, now: datetime) -> None:
    """State that the data was right when it was disclosed. Raises NotFound or WrongState."""
    await _decide(tx, finding_id, actor=actor, reason=reason, now=now, confirms=False)


async def mark_told(tx: Transaction, affected_id: UUID, *, actor: str, now: datetime) -> None:
    """State that a person without an email address and a mobile number was told by other means.

    Raises NotFound, or WrongState if the person was told before.
    """
    await _change(tx, affected_id, "unreachable", {"state": "told", "told_at": now}, actor=actor, now=now)


async def answer(tx: Transaction, affected_id: UUID, *, wants_correction: bool, actor: str, now: datetime) -> None:
    """Store whether the consumer wants the corrected data to be disclosed to the recipient.

    Raises NotFound, or WrongState if the consumer was not told or has answered before.
    """
    state = "wanted" if wants_correction else "declined"
    await _change(tx, affected_id, "told", {"state": state, "answered_at": now}, actor=actor, now=now)


async def mark_corrected(tx: Transaction, _now: datetime) -> int:
    """Mark what was disclosed again since its consumer has asked for it; return the number (s 56EN(4)).

    The brand serves only the corrected data, so the next answer with this account and cluster discloses it. The wrong
    disclosures are marked in the ledger too.
    """
    corrected = await store.set_corrected(tx)
    for each in corrected:
        if each.corrected_at is not None:
            wrong = DisclosedPeriod(each.arrangement_id, each.account_id, each.cluster, each.first_day, each.last_day)
            await calls.mark_corrected(tx, wrong, each.corrected_at)
    return len(corrected)


async def warn_of_owed(tx: Transaction, now: datetime) -> Owed:
    """Write to the log what is overdue (CDR Rules 7.10), else what will be soon. Return what is overdue."""
    overdue = await store.owed(tx, now)
    if overdue.total:
        logger.critical("finding.overdue", extra={"findings": overdue.findings, "persons": overdue.persons})
    soon = await store.owed(tx, now + SOON)
    findings, persons = soon.findings - overdue.findings, soon.persons - overdue.persons
    if findings or persons:
        logger.warning("finding.due_soon", extra={"findings": findings, "persons": persons})
    return overdue


async def _decide(
    tx: Transaction, finding_id: UUID, *, actor: str, reason: str, now: datetime, confirms: bool
) -> DisclosureFinding:
    finding = await store.lock_finding(tx, finding_id)
    if finding is None:
        raise NotFound(f"there is no finding {finding_id}")
    if finding.state != "open":
        raise WrongState(f"the finding {finding_id} is {finding.state} already")
    state: FindingState = "confirmed" if confirms else "dismissed"
    await store.decide(tx, finding_id, state, actor=actor, reason=reason, now=now)
    change = AuditedChange(
        actor=actor,
        role=_ROLE,
        action="disclosure-finding.decide",
        subject=str(finding_id),
        reason=reason,
        before="open",
        after=state,
    )
    await audit.record(tx, change, now=now)
    return finding


async def _told(
    tx: Transaction,
    finding: DisclosureFinding,
    disclosed: Disclosed,
    cluster: str,
    account: str,
    *,
    brand_name: str,
    now: datetime,
) -> Affected:
    notice = notice_text(brand_name, finding, disclosed, cluster, account)
    notice_id = None
    if notice is not None:
        kind: NoticeKind = "email" if isinstance(notice, EmailPayload) else "sms"
        notice_id = await put(tx, kind, msgspec.structs.asdict(notice), now=now)
    return Affected(
        id=uuid4(),
        finding_id=finding.id,
        arrangement_id=disclosed.arrangement_id,
        account_id=disclosed.account_id,
        cluster=cluster,
        first_day=disclosed.first_day,
        last_day=disclosed.last_day,
        state="unreachable" if notice is None else "told",
        notice_id=notice_id,
        told_at=None if notice is None else now,
        answered_at=None,
        corrected_at=None,
    )


async def _change(
    tx: Transaction, affected_id: UUID, before: str, values: dict[str, object], *, actor: str, now: datetime
) -> None:
    affected = await store.lock_affected(tx, affected_id)
    if affected is None:
        raise NotFound(f"there is no affected disclosure {affected_id}")
    if affected.state != before:
        raise WrongState(f"the affected disclosure {affected_id} is {affected.state}, and not {before}")
    await store.set_affected(tx, affected_id, values)
    change = AuditedChange(
        actor=actor,
        role=_ROLE,
        action="affected-disclosure.change",
        subject=str(affected_id),
        before=before,
        after=values["state"],
    )
    await audit.record(tx, change, now=now)
