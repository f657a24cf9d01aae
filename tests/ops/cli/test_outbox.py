"""`haas outbox`, run as an operator runs it, against a real database."""

from uuid import uuid4

import msgspec
from sqlalchemy import insert

from haas.clock import MovableClock
from haas.database import Database
from ops.demonstration.themes import AURORA
from ops.deployment import Deployment
from tenants.audit.tables import audit
from tenants.notices.tables import outbox
from tenants.provisioning.owner import owner_transaction
from tenants.registry.models import Tenant
from tenants.registry.store import update_brand
from tests.support.commands import Haas
from tests.support.rows import count, execute, notice
from themes.tokens import theme_to_json

SIGNATURE = """Your Aurora team
Aurora Energy Retail Pty Ltd, ABN 89 000 000 019
Call 1800 555 010 or write to help@aurora.test. We answer every day, 7 am to 9 pm Sydney time.
"""
"""What a letter on paper says of how to reach the brand: the same as an email."""


async def test_notices_that_were_given_up_are_listed_replayed_assigned_and_handled(
    haas: Haas, database: Database, tenant: Tenant, clock: MovableClock, deployment: Deployment
) -> None:
    slug = tenant.slug
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await update_brand(tx, tenant.id, {"theme": theme_to_json(AURORA)})
    assert "No notice is waiting" in (await haas("outbox", "list", slug)).output
    mail, revoked, now = uuid4(), uuid4(), clock.now()
    row = {"created_at": now, "due_at": now, "given_up_at": now, "tries": 9, "last_error": "it answered 500"}
    for notice_id, kind, payload in (
        (mail, "email", {"to": "ada@example.test", "text": "secret text"}),
        (revoked, "arrangement-revoked", {"arrangement_id": str(uuid4()), "client_id": "c-1"}),
    ):
        await execute(database, tenant, insert(outbox).values(id=notice_id, kind=kind, payload=payload, **row))
    listed = (await haas("outbox", "list", slug)).output
    for shown in (str(mail), str(revoked), "it answered 500", ": c-1"):
        assert shown in listed
    assert "ada@" not in listed
    assert "secret text" not in listed
    lines = (await haas("outbox", "list", slug, "--json")).output.splitlines()
    assert {msgspec.json.decode(line)["id"] for line in lines} == {str(mail), str(revoked)}

    assert "No letter is to be sent." in (await haas("outbox", "letters", slug)).output
    text = {
        "customer_reference": "C-9",
        "to": "Ada Lovelace",
        "subject": "Expired",
        "text": "Dear Ada,\n\nOver.\n",
    }
    given_up = {**row, "id": uuid4(), "kind": "letter", "about": "authorisation-expired", "arrangement_id": uuid4()}
    await execute(database, tenant, insert(outbox).values(payload=text, **given_up))
    assert f"{given_up['arrangement_id']}: authorisation-expired" in (await haas("outbox", "list", slug)).output
    printed = (await haas("outbox", "letters", slug)).output
    whole = f"A note about your data from Aurora Energy.\n\nDear Ada,\n\nOver.\n\n{SIGNATURE}"
    assert f"Customer: C-9\nTo: Ada Lovelace\nSubject: Expired\n\n{whole}" in printed
    (line,) = (await haas("outbox", "letters", slug, "--json")).output.splitlines()
    assert msgspec.json.decode(line) == {**text, "text": whole, "id": str(given_up["id"])}
    assert await count(database, tenant, audit, audit.c.action == "notice.print") == 2
    assert (await haas("outbox", "handle", slug, str(given_up["id"]), "--how", "Posted.")).exit_code == 0
    assert "No letter is to be sent." in (await haas("outbox", "letters", slug)).output

    assert (await haas("outbox", "replay", slug)).exit_code == 2
    assert "Sent again: 1." in (await haas("outbox", "replay", slug, "--kind", "email")).output
    again = await haas("outbox", "replay", slug, str(mail))
    assert "Sent again: 0." in again.output
    assert str(mail) in again.output
    assert (await notice(database, tenant, mail)).given_up_at is None

    assert (await haas("outbox", "assign", slug, str(revoked), "--to", "Grace Hopper")).exit_code == 0
    assert "Grace Hopper" in (await haas("outbox", "list", slug)).output
    assert (await haas("outbox", "handle", slug, str(revoked), "--how", "Told by phone.")).exit_code == 0
    assert "No notice is waiting" in (await haas("outbox", "list", slug)).output
    assert "Told by phone." in (await haas("outbox", "list", slug, "--all")).output
    assert (await haas("outbox", "handle", slug, str(revoked), "--how", "Again.")).exit_code == 1


async def test_an_email_that_was_returned_waits_for_the_staff_unless_nobody_has_to_be_told(
    haas: Haas, database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    """Not one with a one-time password, and not one that a harm flag has held back while it was delivered."""
    slug, now = tenant.slug, clock.now()
    sent = {"kind": "email", "payload": {}, "created_at": now, "due_at": now, "done_at": now, "tries": 1}
    told, code = {**sent, "id": uuid4(), "about": "authorisation-given"}, {**sent, "id": uuid4(), "expires_at": now}
    back = {
        **told,
        "id": uuid4(),
        "given_up_at": now,
        "handled_at": now,
        "held_back_at": now,
        "handled_by": "haas",
        "handling": "held back",
    }
    for each in (told, code, back):
        await execute(database, tenant, insert(outbox).values(**each))
    returned = ("outbox", "returned", slug, "--why", "no such mailbox")
    assert [(await haas(*returned, str(each["id"]))).exit_code for each in (code, back)] == [1, 1]
    assert (await haas(*returned, str(told["id"]))).exit_code == 0
    assert (await haas(*returned, str(told["id"]))).exit_code == 1
    line = next(each for each in (await haas("outbox", "list", slug)).output.splitlines() if str(told["id"]) in each)
    assert "returned: no such mailbox" in line
    assert (await notice(database, tenant, told["id"])).done_at is None
    assert await count(database, tenant, audit, audit.c.action == "notice.return") == 1
    assert (await haas("outbox", "handle", slug, str(told["id"]), "--how", "Posted.")).exit_code == 0
