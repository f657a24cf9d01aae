"""The commands that look after tenants, run as an operator runs them, against a real database."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from haas.clock import MovableClock
from haas.database import Database
from haas.settings import Settings
from ops.cli import main
from ops.deployment import Deployment
from ops.migrations.chains import TENANT
from tenants.keys.service import Keyring
from tenants.provisioning.owner import owner_transaction
from tenants.registry.service import Registry
from tenants.registry.tables import audit

Haas = Callable[..., Awaitable[Result]]


@pytest.fixture
def variables(settings: Settings, tmp_path: Path) -> dict[str, str]:
    return {
        "HAAS_STATE": str(tmp_path),
        "HAAS_ENVIRONMENT": settings.environment,
        "HAAS_DOMAIN": settings.domain,
        "HAAS_PUBLIC_PORT": str(settings.public_port),
        "HAAS_DATABASE_URL": settings.database_url,
        "HAAS_OWNER_DATABASE_URL": settings.owner_database_url,
        "HAAS_REDIS_URL": settings.redis_url,
        "HAAS_SMTP_URL": settings.smtp_url,
        "HAAS_SMS_URL": settings.sms_url,
        "HAAS_MASTER_KEY": urlsafe_b64encode(settings.master_key).decode(),
        "HAAS_ROLE_PREFIX": settings.role_prefix,
        "HAAS_CERTIFICATES": str(tmp_path / "certificates"),
        "HAAS_CLOCK_FILE": str(settings.clock_file),
    }


@pytest.fixture
def haas(variables: dict[str, str]) -> Haas:
    """Run a command of `haas` in a thread, as each starts an event loop of its own."""

    async def run(*arguments: str, typed: str | None = None, **changed: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke, main, arguments, input=typed, env={**variables, **changed}, catch_exceptions=False
        )

    return run


CREATE = ("tenant", "create", "kestrel", "--name", "Kestrel Energy", "--retailer", "Kestrel Pty Ltd")


@pytest.fixture
async def kestrel(haas: Haas, deployment: Deployment) -> None:
    if "kestrel" not in {tenant.slug for tenant in await deployment.administration.all()}:
        assert (await haas(*CREATE)).exit_code == 0


async def test_create_says_where_the_tenant_is_and_what_it_needs(haas: Haas, deployment: Deployment) -> None:
    done = await haas(*CREATE)
    assert done.exit_code == 0, done.output
    assert "https://kestrel.haas.localhost:8443" in done.output
    assert "a certificate for each of its hosts" in done.output
    assert "mtls.kestrel.haas.localhost" in done.output
    assert (await deployment.administration.find("kestrel")).retailer == "Kestrel Pty Ltd"


async def test_a_tenant_is_created_once(haas: Haas, kestrel: None) -> None:
    again = await haas(*CREATE)
    assert again.exit_code == 1
    assert "exists already: choose another slug" in again.output


@pytest.mark.parametrize("slug", ["Kestrel", "mtls", "two--hyphens", "ends-", "1st", "a_b", "x" * 33, 'a"b', "a.b"])
async def test_a_slug_that_cannot_be_a_host_is_refused(haas: Haas, slug: str) -> None:
    refused = await haas("tenant", "create", slug, "--name", "N", "--retailer", "R")
    assert refused.exit_code == 1
    assert "slug" in refused.output


async def test_a_host_of_another_tenant_is_refused_and_nothing_is_left(
    haas: Haas, deployment: Deployment, kestrel: None
) -> None:
    host = ("--public-host", "kestrel.haas.localhost")
    refused = await haas("tenant", "create", "other", "--name", "O", "--retailer", "Other Pty Ltd", *host)
    assert refused.exit_code == 1
    assert "taken by another tenant" in refused.output
    assert "other" not in {tenant.slug for tenant in await deployment.administration.all()}
    allowed = await haas("tenant", "create", "other", "--name", "O", "--retailer", "Other Pty Ltd")
    assert allowed.exit_code == 0
    assert (await haas("tenant", "remove", "other", "--yes")).exit_code == 0


async def test_a_register_environment_must_be_known_first(haas: Haas) -> None:
    where = ("--register-environment", "conformance")
    create = ("tenant", "create", "wren", "--name", "Wren", "--retailer", "Wren Ltd", *where)
    refused = await haas(*create)
    assert refused.exit_code == 1
    assert "`haas register put` adds one" in refused.output
    addresses = ("--public-base-uri", "https://a.test", "--secure-base-uri", "https://b.test")
    put = await haas("register", "put", "conformance", *addresses, "--jwks-uri", "https://a.test/jwks")
    assert put.exit_code == 0
    assert "https://a.test/jwks" in (await haas("register", "list")).output
    assert (await haas(*create)).exit_code == 0
    assert (await haas("tenant", "remove", "wren", "--yes")).exit_code == 0


async def test_a_theme_is_checked_when_it_is_given(haas: Haas, tmp_path: Path, deployment: Deployment) -> None:
    theme = tmp_path / "theme.json"
    theme.write_text('{"light": {"primary": "red"}}')
    refused = await haas(*CREATE[:2], "swift", *CREATE[3:], "--theme", str(theme))
    assert refused.exit_code == 1
    theme.write_bytes(b"\xff{")
    refused = await haas(*CREATE[:2], "swift", *CREATE[3:], "--theme", str(theme))
    assert refused.exit_code == 2
    assert "cannot be read as a JSON object" in refused.output
    assert "swift" not in {tenant.slug for tenant in await deployment.administration.all()}


async def test_a_time_zone_is_checked_and_kept(haas: Haas, deployment: Deployment) -> None:
    refused = await haas(*CREATE[:2], "swift", *CREATE[3:], "--time-zone", "Mars/Olympus")
    assert refused.exit_code == 2
    assert "'Mars/Olympus' is not an IANA time zone" in refused.output
    assert (await haas(*CREATE[:2], "swift", *CREATE[3:], "--time-zone", "Australia/Perth")).exit_code == 0
    assert (await deployment.administration.find("swift")).settings.time_zone == "Australia/Perth"
    assert "Australia/Perth" in (await haas("tenant", "show", "swift")).output
    assert (await haas("tenant", "remove", "swift", "--yes")).exit_code == 0


async def test_list_and_show(haas: Haas, kestrel: None) -> None:
    assert "Kestrel Energy" in (await haas("tenant", "list")).output
    shown = (await haas("tenant", "show", "kestrel")).output
    assert "https://mtls.kestrel.haas.localhost:8443" in shown
    assert "tenant_kestrel" in shown
    unknown = await haas("tenant", "show", "nobody")
    assert unknown.exit_code == 1
    assert "`haas tenant list` lists them" in unknown.output


async def test_suspending_and_resuming_counts_within_seconds(haas: Haas, registry: Registry, kestrel: None) -> None:
    for command, suspended in (("suspend", True), ("resume", False)):
        assert (await haas("tenant", command, "kestrel")).exit_code == 0
        async with asyncio.timeout(5):
            while (await registry.by_slug("kestrel")).suspended != suspended:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)


async def test_suspend_says_what_goes_on(haas: Haas) -> None:
    said = " ".join((await haas("tenant", "suspend", "--help")).output.split())
    for kept in ("discovery", "the keys", "Get Status", "withdrawal", "token and arrangement revocation"):
        assert kept in said


async def test_remove_asks_for_the_slug(haas: Haas, deployment: Deployment, kestrel: None) -> None:
    refused = await haas("tenant", "remove", "kestrel", typed="yes\n")
    assert refused.exit_code == 1
    assert "nothing was deleted" in refused.output
    removed = await haas("tenant", "remove", "kestrel", typed="kestrel\n")
    assert removed.exit_code == 0
    assert "kestrel" not in {tenant.slug for tenant in await deployment.administration.all()}
    assert (await haas(*CREATE)).exit_code == 0, "what was removed can be created again"


async def test_every_change_leaves_a_line_of_audit(haas: Haas, deployment: Deployment, kestrel: None) -> None:
    await haas("tenant", "suspend", "kestrel")
    await haas("tenant", "resume", "kestrel")
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        rows = await tx.execute(select(audit.c.action, audit.c.actor).where(audit.c.subject == "kestrel"))
        actions = {row.action: row.actor for row in rows}
    assert {"tenant.create", "tenant.suspend", "tenant.resume"} <= set(actions)
    assert all(actor.startswith("operator") for actor in actions.values())


async def test_keys_rotate_when_the_next_were_published_for_long_enough(
    haas: Haas, deployment: Deployment, database: Database, clock: MovableClock, kestrel: None
) -> None:
    tenant = await deployment.administration.find("kestrel")
    old = await Keyring(database, deployment.sealer, clock).signing_key(tenant, "ES256")
    early = await haas("keys", "rotate", "kestrel")
    assert early.exit_code == 1
    assert "may sign from" in early.output
    try:
        clock.move(timedelta(hours=24))
        assert (await haas("keys", "rotate", "kestrel")).exit_code == 0
        keyring = Keyring(database, deployment.sealer, clock)
        assert (await keyring.signing_key(tenant, "ES256")).kid != old.kid
        assert old.kid in {jwk["kid"] for jwk in await keyring.published(tenant)}
        clock.move(timedelta(hours=26))
        assert (await haas("keys", "rotate", "kestrel")).exit_code == 0
        listed = (await haas("keys", "list", "kestrel")).output
        assert any("gone" in line and old.kid in line for line in listed.splitlines())
    finally:
        clock.reset()


async def test_a_compromised_key_is_unpublished_at_once(
    haas: Haas, deployment: Deployment, database: Database, clock: MovableClock, kestrel: None
) -> None:
    tenant = await deployment.administration.find("kestrel")
    old = await Keyring(database, deployment.sealer, clock).signing_key(tenant, "PS256")
    assert (await haas("keys", "rotate", "kestrel", "--compromised")).exit_code == 0
    assert old.kid not in {jwk["kid"] for jwk in await Keyring(database, deployment.sealer, clock).published(tenant)}


async def test_migrate_makes_ready_and_tells_where_things_stand(haas: Haas, kestrel: None) -> None:
    done = await haas("migrate")
    assert done.exit_code == 0, done.output
    assert "0 failed" in done.output
    status = await haas("migrate", "--status")
    assert "control schema  0001, newest" in status.output


async def test_a_tenant_that_cannot_be_migrated_is_named(haas: Haas, deployment: Deployment, kestrel: None) -> None:
    schema = (await deployment.administration.find("kestrel")).namespace.schema
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.driver.execute(f"DELETE FROM {schema}.alembic_version")
    status = await haas("migrate", "--status")
    assert "kestrel is at no revision" in status.output
    assert "`haas migrate` brings them up to date" in status.output
    failed = await haas("migrate")
    assert failed.exit_code == 1
    assert "1 failed" in failed.output
    assert "kestrel: " in failed.output
    assert "goes on with these" in failed.output
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.driver.execute(f"INSERT INTO {schema}.alembic_version VALUES ('{TENANT.head}')")
    assert (await haas("migrate")).exit_code == 0


async def test_a_register_over_plain_http_is_refused(haas: Haas) -> None:
    addresses = ("--public-base-uri", "http://a.test", "--secure-base-uri", "https://b.test")
    refused = await haas("register", "put", "plain", *addresses, "--jwks-uri", "https://a.test/jwks")
    assert refused.exit_code == 2
    assert "not an https address" in refused.output


async def test_in_production_the_register_gives_the_brand_its_id(haas: Haas) -> None:
    production = {"HAAS_ENVIRONMENT": "production", "HAAS_CLOCK_FILE": ""}
    refused = await haas(*CREATE, **production)
    assert refused.exit_code == 2
    assert "--register-brand-id is needed" in refused.output


async def test_a_wrong_master_key_is_told_as_such(haas: Haas, kestrel: None) -> None:
    wrong = await haas("keys", "rotate", "kestrel", "--compromised", HAAS_MASTER_KEY="A" * 43)
    assert wrong.exit_code == 1
    assert "HAAS_MASTER_KEY" in wrong.output
    none = await haas("tenant", "list", HAAS_MASTER_KEY="")
    assert none.exit_code == 1
    assert "HAAS_MASTER_KEY_FILE" in none.output


@pytest.mark.parametrize("command", [("tenant", "list"), ("migrate",), ("migrate", "--status"), ("keys", "list", "a")])
async def test_a_database_that_is_not_there_is_told_as_such(haas: Haas, command: tuple[str, ...]) -> None:
    away = await haas(*command, HAAS_OWNER_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:1/none")
    assert away.exit_code == 1
    assert "database" in away.output
    assert "secret" not in away.output


async def test_a_database_that_is_not_set_up_is_told_as_such(haas: Haas, postgres) -> None:  # noqa: ANN001
    empty = await postgres.deployment()
    listed = await haas(
        "tenant",
        "list",
        HAAS_DATABASE_URL=empty.app_url,
        HAAS_OWNER_DATABASE_URL=empty.owner_url,
        HAAS_ROLE_PREFIX=empty.role_prefix,
    )
    assert listed.exit_code == 1
    assert "haas migrate" in listed.output
