"""`haas sms`: the secrets that a brand shares with its own gateway for text messages."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from haas.settings import ApplicationSettings
from haas.webhooks import SECRET_BYTES
from tenants.audit.tables import audit
from tenants.notices.sms_credentials import SMS_CREDENTIALS
from tenants.notices.tables import sms_credential as table
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.commands import Haas, command_runner
from tests.support.processes import environment
from tests.support.rows import execute, run

SECRET = "the-s3cret-of-the-gateway"


@pytest.fixture
def sms(application: Application, tmp_path: Path) -> Haas:
    """`haas` with the settings of the application, and no others."""
    settings: Any = application.web.settings(application.deployment.settings)
    return command_runner({**environment(settings, ApplicationSettings), "HAAS_STATE": str(tmp_path)})


async def test_secrets_are_stored_listed_and_removed_with_an_entry_in_the_audit_trail(
    application: Application, sms: Haas, tenant: Tenant, tmp_path: Path
) -> None:
    assert "No secrets" in (await sms("sms", "credential", tenant.slug)).output
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    done = await sms("sms", "credential", tenant.slug, "--secret", str(file), "--user", "aurora")
    assert (done.exit_code, SECRET in done.output) == (0, False), done.output
    made = await sms("sms", "report-key", tenant.slug)
    key = made.output.strip()
    assert key.startswith("whsec_")
    assert len(key) > SECRET_BYTES
    again = (await sms("sms", "report-key", tenant.slug)).output.strip()
    assert again != key
    sealer = application.deployment.sealer
    stored = await run(application.database, tenant, SMS_CREDENTIALS.find, tenant.id, sealer, "gateway")
    assert (stored.presented, stored.secret) == ("aurora", SECRET)
    assert (await run(application.database, tenant, SMS_CREDENTIALS.find, tenant.id, sealer, "reports")).secret == again
    assert stored.secret not in repr(stored), "a traceback does not show it"
    rows = repr(await execute(application.database, tenant, select(table)))
    assert SECRET not in rows
    assert again not in rows
    listed = (await sms("sms", "credential", tenant.slug)).output
    assert ("gateway" in listed, "reports" in listed, again in listed) == (True, True, False)
    assert (await sms("sms", "credential", tenant.slug, "--remove", "gateway")).exit_code == 0
    assert "gateway" not in (await sms("sms", "credential", tenant.slug)).output
    entries = await execute(application.database, tenant, select(audit.c.action, audit.c.subject).order_by(audit.c.seq))
    assert [tuple(each) for each in entries] == [
        ("sms-credential.set", "gateway"),
        ("sms-credential.set", "reports"),
        ("sms-credential.set", "reports"),
        ("sms-credential.remove", "gateway"),
    ]


@pytest.mark.parametrize(
    ("secret", "options", "says"),
    [
        ("two\nlines", (), "the secret is not one line"),
        ("", (), "the secret is not one line"),
        ("s", ("--user", "a:b"), "the user name is not visible ASCII"),
        (None, ("--user", "a"), "give --user together with --secret"),
    ],
)
async def test_an_unusable_credential_is_refused(
    sms: Haas, tenant: Tenant, tmp_path: Path, secret: str | None, options: tuple[str, ...], says: str
) -> None:
    file = tmp_path / "secret"
    file.write_text(secret or "")
    given = () if secret is None else ("--secret", str(file))
    refused = await sms("sms", "credential", tenant.slug, *given, *options)
    assert refused.exit_code != 0
    assert says in refused.output
