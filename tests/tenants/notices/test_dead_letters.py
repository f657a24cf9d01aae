"""Notices that were given up are listed without personal data, sent again with the same id, and handled by a person."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.one_line import InvalidLine
from tenants.audit import service as audit
from tenants.housekeeping.service import Housekeeping
from tenants.notices import dead_letters
from tenants.notices.errors import NoDeadLetter, NotDelivered
from tenants.notices.models import Notice
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import Delivery
from tenants.registry.models import Tenant
from tests.support.rows import notice, run

EMAIL = {"to": "ada@example.test", "subject": "Your sharing", "text": "It has ended."}


class Receiver:
    """A channel that refuses or accepts, and keeps the ids of the notices that it was given."""

    def __init__(self) -> None:
        self.given: list[UUID] = []
        self.refuses = True

    async def deliver(self, _tenant: Tenant, given: Notice) -> None:
        self.given.append(given.id)
        if self.refuses:
            raise NotDelivered("it answered 500", permanent=True)


async def add(database: Database, tenant: Tenant, clock: MovableClock, kind: Any, **more: Any) -> UUID:
    payload = {"arrangement_id": str(uuid4()), "client_id": "c-1"} if kind == "arrangement-revoked" else EMAIL
    async with database.transaction(tenant.namespace) as tx:
        return await put(tx, kind, payload, now=clock.now(), **more)


async def test_a_notice_that_was_given_up_is_listed_sent_again_and_keeps_its_id(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    receiver = Receiver()
    delivery = Delivery(database, clock, {"email": receiver, "sms": receiver, "arrangement-revoked": receiver})
    mail, revoked = [await add(database, tenant, clock, kind) for kind in ("email", "arrangement-revoked")]
    code = await add(database, tenant, clock, "sms", expires_at=clock.now() + timedelta(minutes=5))
    assert (await delivery.deliver_due(tenant)).given_up == 3
    assert await delivery.warn_of_unassigned(tenant) == 1

    listed = {letter.id: letter for letter in await run(database, tenant, dead_letters.list_given_up)}
    assert {each: letter.can_be_replayed for each, letter in listed.items()} == {mail: True, revoked: True, code: False}
    assert (listed[revoked].client_id, listed[mail].client_id) == ("c-1", None)
    assert {letter.last_error for letter in listed.values()} == {"it answered 500"}
    assert "ada@" not in repr(listed)
    assert "ended" not in repr(listed)

    replay = {"actor": "operator:ada", "now": clock.now()}
    assert set(await run(database, tenant, dead_letters.replay, [mail, revoked, code], **replay)) == {mail, revoked}
    assert await run(database, tenant, dead_letters.replay, [mail, revoked, code], **replay) == []
    clock.move(timedelta(days=3))  # longer than a message is tried: its time begins again when it is sent again
    receiver.refuses = False
    assert (await delivery.deliver_due(tenant)).done == 2
    assert sorted(receiver.given) == sorted([mail, revoked, code, mail, revoked])
    assert await run(database, tenant, dead_letters.replay, [mail, revoked], **replay) == []
    assert await run(database, tenant, audit.verify) is None


async def test_a_replayed_notice_that_fails_is_tried_again_as_a_new_one(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    receiver = Receiver()
    delivery = Delivery(database, clock, {"email": receiver})
    mail = await add(database, tenant, clock, "email")
    await delivery.deliver_due(tenant)
    clock.move(timedelta(days=20))
    await run(database, tenant, dead_letters.replay, [mail], actor="operator:ada", now=clock.now())

    async def refuse(*_: Any) -> None:
        raise NotDelivered("not now")

    receiver.deliver = refuse  # type: ignore[method-assign]
    assert (await delivery.deliver_due(tenant)).failed == 1
    row = await notice(database, tenant, mail)
    assert (row.tries, row.given_up_at) == (1, None)
    assert row.due_at <= clock.now() + timedelta(seconds=5)


async def test_a_notice_that_cannot_be_delivered_is_the_task_of_a_named_person_until_it_is_handled(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    """K-40: after a week, a person tells the recipient in another way."""
    delivery = Delivery(database, clock, {"arrangement-revoked": Receiver()})
    revoked = await add(database, tenant, clock, "arrangement-revoked")
    by = {"actor": "operator:ada", "now": clock.now()}
    with pytest.raises(NoDeadLetter):
        await run(database, tenant, dead_letters.assign, revoked, "Grace Hopper", **by)
    await delivery.deliver_due(tenant)
    assert await delivery.warn_of_unassigned(tenant) == 1
    with pytest.raises(InvalidLine):
        await run(database, tenant, dead_letters.assign, revoked, "two\nlines", **by)
    await run(database, tenant, dead_letters.assign, revoked, "Grace Hopper", **by)
    assert await delivery.warn_of_unassigned(tenant) == 0
    (letter,) = await run(database, tenant, dead_letters.list_given_up)
    assert letter.assigned_to == "Grace Hopper"
    await run(database, tenant, dead_letters.handle, revoked, "Told by phone.", **by)
    assert await run(database, tenant, dead_letters.list_given_up) == []
    (letter,) = await run(database, tenant, dead_letters.list_given_up, also_handled=True)
    assert (letter.handled_by, letter.handling) == ("operator:ada", "Told by phone.")
    assert await run(database, tenant, dead_letters.replay, [revoked], **by) == []
    with pytest.raises(NoDeadLetter):
        await run(database, tenant, dead_letters.handle, revoked, "Again.", **by)


async def test_the_contact_of_a_notice_that_was_given_up_is_deleted_after_30_days(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    delivery = Delivery(database, clock, {"email": Receiver(), "arrangement-revoked": Receiver()})
    mail, revoked = [await add(database, tenant, clock, kind) for kind in ("email", "arrangement-revoked")]
    await delivery.deliver_due(tenant)
    clock.move(timedelta(days=29))
    assert await Housekeeping(database, clock).sweep(tenant) == {}
    assert (await notice(database, tenant, mail)).payload == EMAIL
    clock.move(timedelta(days=1))
    assert await Housekeeping(database, clock).sweep(tenant) == {"contacts of given-up notices deleted": 1}
    assert (await notice(database, tenant, mail)).payload == {}
    assert (await notice(database, tenant, revoked)).payload["client_id"] == "c-1"
