"""From a finding to a corrected disclosure: who is told, what the notice says, and the consumer's answer (K-37)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from haas.database import Database
from tenants.accounts.service import market_day
from tenants.audit.tables import audit
from tenants.calls.tables import disclosure_day
from tenants.corrections import service, store
from tenants.corrections.errors import NotFound, WrongState
from tenants.corrections.models import Affected, ChangedData, Disclosed, DisclosureFinding
from tenants.corrections.notice_text import notice_text
from tenants.corrections.tables import affected_disclosure, disclosure_finding
from tenants.notices.models import SmsPayload
from tenants.notices.tables import outbox
from tenants.parties.tables import login
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import consent
from tests.support.constraints import Violation, assert_violated, names
from tests.support.customers import Consumer, new_consumer
from tests.support.rows import execute, one, run
from tests.support.service_points import ServicePoints

READS, BILLS = "energy:electricity.usage:read", "energy:billing:read"
DECISION = {"actor": "operator:kim", "reason": "the meter was broken"}
ONE_DAY = timedelta(days=1)


class Corrections:
    """A consumer with an arrangement, and findings about the consumer's account."""

    def __init__(self, application: Application, tenant: Tenant, consumer: Consumer, arrangement_id: UUID) -> None:
        self.application, self.tenant, self.consumer = application, tenant, consumer
        self.arrangement_id, self.now = arrangement_id, application.now
        self.today = self.now.astimezone(tenant.time_zone).date()

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return await run(self.application.database, self.tenant, function, *arguments, **named)

    async def execute(self, statement: Any) -> list[Any]:
        return await execute(self.application.database, self.tenant, statement)

    async def disclose(self, day: date, cluster: str = READS, **changes: Any) -> UUID:
        entry = {
            "id": uuid4(),
            "arrangement_id": self.arrangement_id,
            "account_id": self.consumer.account_ids[0],
            "cluster": cluster,
            "day": day,
            "calls": 1,
            "last_at": self.now,
            **changes,
        }
        await self.execute(insert(disclosure_day).values(entry))
        return UUID(str(entry["id"]))

    async def finding(self, change: ChangedData) -> UUID:
        import_id = uuid4()
        await self.run(store.add_findings, import_id, [change], now=self.now, due_at=self.now + 5 * ONE_DAY)
        return UUID(
            str((await one(self.application.database, self.tenant, disclosure_finding, import_id=import_id)).id)
        )

    async def confirm(self, finding_id: UUID) -> list[Affected]:
        decision = {**DECISION, "brand_name": self.tenant.name, "now": self.now}
        found: list[Affected] = await self.run(service.confirm, finding_id, **decision)
        return found


@pytest.fixture
async def corrections(application: Application, aurora: Tenant) -> Corrections:
    consumer = await new_consumer(application, aurora)
    tokens = await consent(application, aurora, await registered_client(application, aurora), consumer)
    return Corrections(application, aurora, consumer, UUID(tokens.cdr_arrangement_id))


async def test_a_confirmed_finding_leads_to_a_notice_an_answer_and_a_corrected_disclosure(
    corrections: Corrections,
) -> None:
    points = ServicePoints(corrections.application.database, corrections.tenant, corrections.now)
    [account_id], today = corrections.consumer.account_ids, corrections.today
    point = await points.add(f"7{uuid4().int % 10**9:09}")
    await points.supply(point, account_id, today - 400 * ONE_DAY)
    first, last = today - 9 * ONE_DAY, today - 8 * ONE_DAY
    before = await corrections.disclose(today - 10 * ONE_DAY)
    wrong = [await corrections.disclose(today - number * ONE_DAY) for number in (7, 2)]
    await corrections.disclose(today, BILLS)
    finding_id = await corrections.finding(ChangedData("usage", None, point, first, last))
    other = await corrections.finding(ChangedData("usage", None, point, first, last))
    [affected] = await corrections.confirm(finding_id)
    assert (affected.arrangement_id, affected.account_id, affected.cluster) == (
        corrections.arrangement_id,
        account_id,
        READS,
    )
    assert (affected.first_day, affected.last_day) == (today - 7 * ONE_DAY, today - 2 * ONE_DAY)
    assert (affected.state, affected.told_at) == ("told", corrections.now)
    assert await corrections.run(store.affected_by, finding_id) == [affected]
    notice = await one(corrections.application.database, corrections.tenant, outbox, id=affected.notice_id)
    to = await one(corrections.application.database, corrections.tenant, login, id=corrections.consumer.login_id)
    assert (notice.kind, notice.payload["to"]) == ("email", to.email)
    for said in (
        "Mock Company Pty Ltd",  # the legal entity of the recipient
        "Home (ending in ",
        "Electricity usage: meter readings from ",
        f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}",
        f"Shared: from {affected.first_day.day} {affected.first_day:%B %Y}",
        "You have the right to have the corrected data shared",
    ):
        assert said in notice.payload["text"], (said, notice.payload["text"])
    by_reason = select(audit.c.action, audit.c.after).where(audit.c.subject == str(finding_id))
    assert [tuple(row) for row in await corrections.execute(by_reason)] == [
        ("disclosure-finding.decide", '"confirmed"')
    ]

    # A decision is made once, and an answer is given once.
    for decide in (
        corrections.confirm(finding_id),
        corrections.run(service.dismiss, finding_id, **DECISION, now=corrections.now),
    ):
        with pytest.raises(WrongState, match="confirmed already"):
            await decide
    with pytest.raises(NotFound):
        await corrections.confirm(uuid4())
    await corrections.run(service.dismiss, other, **DECISION, now=corrections.now)
    assert await corrections.run(store.affected_by, other) == []
    answered = {"wants_correction": True, "actor": "consumer", "now": corrections.now}
    await corrections.run(service.answer, affected.id, **answered)
    with pytest.raises(WrongState, match="is wanted"):
        await corrections.run(service.answer, affected.id, **{**answered, "wants_correction": False})
    with pytest.raises(NotFound):
        await corrections.run(service.answer, uuid4(), **answered)

    # Only a disclosure after the answer is a corrected one.
    await corrections.run(service.mark_corrected, corrections.now)
    assert [each.state for each in await corrections.run(store.affected_by, finding_id)] == ["wanted"]
    later = corrections.now + timedelta(minutes=5)
    await corrections.disclose(today + ONE_DAY, BILLS, last_at=later)
    await corrections.disclose(today + ONE_DAY, account_id=uuid4(), last_at=later)
    assert await corrections.run(service.mark_corrected, later) == 0
    again = await corrections.disclose(today + ONE_DAY, last_at=later)
    assert await corrections.run(service.mark_corrected, later) == 1
    assert await corrections.run(service.mark_corrected, later) == 0
    [corrected] = await corrections.run(store.affected_by, finding_id)
    assert (corrected.state, corrected.answered_at, corrected.corrected_at) == ("corrected", corrections.now, later)
    marked = dict(
        await corrections.execute(
            select(disclosure_day.c.id, disclosure_day.c.corrected_at).where(
                disclosure_day.c.id.in_([before, *wrong, again])
            )
        )
    )
    assert marked == {before: None, wrong[0]: later, wrong[1]: later, again: None}


async def test_a_person_who_cannot_be_reached_is_told_by_other_means(corrections: Corrections) -> None:
    [account_id], today = corrections.consumer.account_ids, corrections.today
    await corrections.disclose(today, BILLS)
    await corrections.disclose(today, BILLS, arrangement_id=uuid4())  # its arrangement does not exist any more
    await corrections.execute(
        update(login).where(login.c.id == corrections.consumer.login_id).values(email=None, mobile=None)
    )
    day = market_day(corrections.now) - ONE_DAY
    [affected] = await corrections.confirm(
        await corrections.finding(ChangedData("invoice", account_id, None, day, day))
    )
    assert (affected.state, affected.notice_id, affected.told_at) == ("unreachable", None, None)
    declined = {"wants_correction": False, "actor": "operator:kim", "now": corrections.now}
    with pytest.raises(WrongState, match="is unreachable"):
        await corrections.run(service.answer, affected.id, **declined)
    await corrections.run(service.mark_told, affected.id, actor="operator:kim", now=corrections.now)
    await corrections.run(service.answer, affected.id, **declined)
    [declined_one] = await corrections.run(store.affected_by, affected.finding_id)
    assert (declined_one.state, declined_one.told_at) == ("declined", corrections.now)


@pytest.mark.parametrize("contact", [(None, None), ("mia@people.test", "sms")], ids=["no address", "preferred"])
def test_a_text_message_is_sent_to_who_has_no_email_address_or_prefers_it(contact: tuple[Any, Any]) -> None:
    email, channel = contact
    day = date(2026, 11, 20)
    finding = msgspec.convert(
        {**FINDING, "decided_at": None, "decided_by": None, "decision": None},
        DisclosureFinding,
        builtin_types=(UUID, date),
    )
    disclosed = Disclosed(
        arrangement_id=uuid4(),
        account_id=uuid4(),
        first_day=day,
        last_day=day,
        recipient="Acme Pty Ltd",
        person="Mia Wong",
        email=email,
        mobile="+61400000000",
        channel=channel,
    )
    notice = notice_text("Aurora", finding, disclosed, BILLS, "Home")
    assert isinstance(notice, SmsPayload)
    assert "with Acme Pty Ltd on 20 November 2026 was incorrect: invoices from 2 to" not in notice.text
    assert "with Acme Pty Ltd on 20 November 2026 was incorrect: invoices from 18 November 2026" in notice.text


FINDING: dict[str, Any] = {
    "id": uuid4(),
    "import_id": uuid4(),
    "resource": "invoice",
    "account_id": uuid4(),
    "service_point_id": None,
    "first_day": date(2026, 11, 18),
    "last_day": date(2026, 11, 19),
    "found_at": "2026-11-20T00:00:00Z",
    "due_at": "2026-11-27T00:00:00Z",
    "state": "open",
}

GOOD_FINDING: dict[str, Any] = {
    **FINDING,
    "found_at": datetime(2026, 11, 20, tzinfo=UTC),
    "due_at": datetime(2026, 11, 27, tzinfo=UTC),
    "decided_at": None,
    "decided_by": None,
}
GOOD_AFFECTED: dict[str, Any] = {
    "id": uuid4(),
    "finding_id": FINDING["id"],
    "arrangement_id": uuid4(),
    "account_id": uuid4(),
    "cluster": BILLS,
    "first_day": date(2026, 11, 18),
    "last_day": date(2026, 11, 18),
    "state": "told",
    "told_at": GOOD_FINDING["found_at"],
    "answered_at": None,
    "corrected_at": None,
}
VIOLATIONS = (
    Violation(disclosure_finding, "disclosure_finding_subject_check", {"service_point_id": uuid4()}),
    Violation(disclosure_finding, "disclosure_finding_days_check", {"last_day": date(2026, 11, 1)}),
    Violation(
        disclosure_finding,
        "disclosure_finding_state_check",
        {"state": "none", "decided_at": GOOD_FINDING["due_at"], "decided_by": "kim"},
    ),
    Violation(disclosure_finding, "disclosure_finding_decided_at_check", {"state": "confirmed"}),
    Violation(disclosure_finding, "disclosure_finding_decided_by_check", {"decided_by": "kim"}),
    Violation(disclosure_finding, "disclosure_finding_key", {"id": uuid4()}),
    Violation(affected_disclosure, "affected_disclosure_state_check", {"state": "none"}),
    Violation(affected_disclosure, "affected_disclosure_told_at_check", {"told_at": None}),
    Violation(affected_disclosure, "affected_disclosure_answered_at_check", {"state": "wanted"}),
    Violation(
        affected_disclosure,
        "affected_disclosure_corrected_at_check",
        {"state": "corrected", "answered_at": GOOD_FINDING["due_at"]},
    ),
    Violation(affected_disclosure, "affected_disclosure_finding_id_fkey", {"finding_id": uuid4()}),
    Violation(affected_disclosure, "affected_disclosure_finding_id_arrangement_id_account_id_ix", {"id": uuid4()}),
)


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(
    database: Database, aurora: Tenant, violation: Violation
) -> None:
    good = GOOD_FINDING
    if violation.table is affected_disclosure:
        good = GOOD_AFFECTED
        await execute(database, aurora, upsert(disclosure_finding).values(GOOD_FINDING).on_conflict_do_nothing())
    else:
        await execute(database, aurora, delete(disclosure_finding).where(disclosure_finding.c.id == FINDING["id"]))
    await assert_violated(database, aurora, good, violation)


def test_every_constraint_has_a_violation() -> None:
    assert {each.constraint for each in VIOLATIONS} == names(disclosure_finding, affected_disclosure)
