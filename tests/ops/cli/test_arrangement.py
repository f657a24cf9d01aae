"""`haas arrangement end`: what was withdrawn after a backup is withdrawn again."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from haas.database import Database
from ops.deployment import Deployment
from tenants.arrangements.tables import arrangement
from tenants.tokens.tables import access_token
from tests.support.clients import add_client
from tests.support.commands import Haas
from tests.support.consents import add_arrangement
from tests.support.rows import execute, notices_of


@pytest.mark.usefixtures("kestrel")
async def test_listed_arrangements_end_once_and_the_recipient_is_notified(
    haas: Haas, deployment: Deployment, database: Database, tmp_path: Path
) -> None:
    tenant, now = await deployment.administration.find("kestrel"), deployment.clock.now()
    client_id = await add_client(database, tenant, now)
    withdrawn, kept = [await add_arrangement(database, tenant, client_id, now) for _ in range(2)]
    listed = tmp_path / "withdrawn"
    listed.write_text(f"{withdrawn}\n\n{uuid4()}\n")
    command = ("arrangement", "end", "kestrel", str(listed), "--by", "consumer", "--reason", "before the restore")
    assert "1 arrangements have ended now; 1 had ended" in (await haas(*command)).stdout
    assert "0 arrangements have ended now; 2 had ended" in (await haas(*command)).stdout
    columns = (arrangement.c.id, arrangement.c.ended_by, arrangement.c.end_reason)
    rows = await execute(database, tenant, select(*columns).where(arrangement.c.id.in_((withdrawn, kept))))
    assert {tuple(row) for row in rows} == {(withdrawn, "consumer", "before the restore"), (kept, None, None)}
    revoked = select(access_token.c.arrangement_id).where(
        access_token.c.revoked_at.is_not(None), access_token.c.arrangement_id.in_((withdrawn, kept))
    )
    assert [row[0] for row in await execute(database, tenant, revoked)] == [withdrawn]
    assert len(await notices_of(database, tenant, withdrawn)) == 1
    listed.write_text(f"{kept}\nnot an id\n")
    refused = await haas(*command)
    assert (refused.exit_code, "1 lines of" in refused.stderr) == (2, True)
    assert "0 arrangements" not in refused.stdout
