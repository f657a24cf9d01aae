"""`haas tenant`, run as an operator runs it, against a real database."""

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from ops.deployment import Deployment
from tenants.provisioning.owner import owner_transaction
from tenants.registry.service import Registry
from tenants.registry.tables import audit
from tests.support.commands import CREATE_KESTREL, Haas

pytestmark = pytest.mark.usefixtures("provisioner")


async def test_create_prints_the_addresses_of_the_tenant_and_the_missing_certificates(
    haas: Haas, deployment: Deployment
) -> None:
    done = await haas("tenant", "create", "brolga", "--name", "Brolga Energy", "--retailer", "Brolga Pty Ltd")
    assert done.exit_code == 0, done.output
    assert "https://brolga.haas.localhost:8443" in done.output
    assert "a certificate for each of these hosts" in done.output
    assert "mtls.brolga.haas.localhost" in done.output
    assert (await deployment.administration.find("brolga")).retailer == "Brolga Pty Ltd"
    assert (await haas("tenant", "remove", "brolga", "--yes")).exit_code == 0


async def test_creating_an_existing_tenant_is_refused(haas: Haas, kestrel: None) -> None:
    again = await haas(*CREATE_KESTREL)
    assert again.exit_code == 1
    assert "exists already: choose another slug" in again.output


@pytest.mark.parametrize("slug", ["Kestrel", "mtls", "two--hyphens", "ends-", "1st", "a_b", "x" * 33, 'a"b', "a.b"])
async def test_a_slug_that_cannot_be_a_host_is_refused(haas: Haas, slug: str) -> None:
    refused = await haas("tenant", "create", slug, "--name", "N", "--retailer", "R")
    assert refused.exit_code == 1
    assert "slug" in refused.output


@pytest.mark.parametrize("option", ["--name", "--retailer"])
@pytest.mark.parametrize(
    "name", ["", " ", "two\nlines", "Swift\u202eEnergy", "x" * 201, "=?utf-8?q?x=0D=0ABcc:_eve@example.test?="]
)
async def test_a_name_that_is_empty_or_could_forge_a_header_is_refused(
    haas: Haas, deployment: Deployment, option: str, name: str
) -> None:
    names = {"--name": "N", "--retailer": "R", option: name}
    refused = await haas("tenant", "create", "swift", *(part for pair in names.items() for part in pair))
    assert refused.exit_code == 1
    assert "cannot be a name" in refused.output
    assert "swift" not in {tenant.slug for tenant in await deployment.administration.all()}


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


async def test_a_time_zone_is_checked_and_stored(haas: Haas, deployment: Deployment) -> None:
    create = (*CREATE_KESTREL[:2], "swift", *CREATE_KESTREL[3:], "--time-zone")
    refused = await haas(*create, "Mars/Olympus")
    assert refused.exit_code == 2
    assert "'Mars/Olympus' is not an IANA time zone" in refused.output
    assert (await haas(*create, "Australia/Perth")).exit_code == 0
    assert (await deployment.administration.find("swift")).settings.time_zone == "Australia/Perth"
    assert "Australia/Perth" in (await haas("tenant", "show", "swift")).output
    assert (await haas("tenant", "remove", "swift", "--yes")).exit_code == 0


async def test_an_invalid_theme_is_refused(haas: Haas, tmp_path: Path, deployment: Deployment) -> None:
    theme = tmp_path / "theme.json"
    theme.write_text('{"light": {"primary": "red"}}')
    refused = await haas(*CREATE_KESTREL[:2], "swift", *CREATE_KESTREL[3:], "--theme", str(theme))
    assert refused.exit_code == 1
    theme.write_bytes(b"\xff{")
    refused = await haas(*CREATE_KESTREL[:2], "swift", *CREATE_KESTREL[3:], "--theme", str(theme))
    assert refused.exit_code == 2
    assert "cannot be read as a JSON object" in refused.output
    assert "swift" not in {tenant.slug for tenant in await deployment.administration.all()}


async def test_list_and_show_print_the_tenant(haas: Haas, kestrel: None) -> None:
    assert "Kestrel Energy" in (await haas("tenant", "list")).output
    shown = (await haas("tenant", "show", "kestrel")).output
    assert "https://mtls.kestrel.haas.localhost:8443" in shown
    assert "tenant_kestrel" in shown
    unknown = await haas("tenant", "show", "nobody")
    assert unknown.exit_code == 1
    assert "`haas tenant list` lists them" in unknown.output


async def test_suspending_and_resuming_take_effect_within_seconds(
    haas: Haas, registry: Registry, kestrel: None
) -> None:
    for command, suspended in (("suspend", True), ("resume", False)):
        assert (await haas("tenant", command, "kestrel")).exit_code == 0
        async with asyncio.timeout(5):
            while (await registry.by_slug("kestrel")).suspended != suspended:  # noqa: ASYNC110 - the registry sends no event
                await asyncio.sleep(0.05)


async def test_the_help_of_suspend_lists_what_is_still_served(haas: Haas) -> None:
    said = " ".join((await haas("tenant", "suspend", "--help")).output.split())
    for kept in ("discovery", "the JWKS", "Get Status", "withdrawal", "token revocation"):
        assert kept in said


async def test_remove_deletes_a_tenant_after_its_slug_was_typed_and_never_during_a_legal_hold(
    haas: Haas, deployment: Deployment, kestrel: None
) -> None:
    refused = await haas("tenant", "remove", "kestrel", typed="yes\n")
    assert refused.exit_code == 1
    assert "nothing was deleted" in refused.output
    await haas("retention", "hold", "kestrel", "--reason", "Proceeding 2026/114")
    held = await haas("tenant", "remove", "kestrel", "--yes")
    assert held.exit_code == 1
    [release] = re.findall(r"legal holds keep its records: (\S+)\. .*(retention release kestrel) ID", held.output)
    listed = await haas("retention", "holds", "kestrel")
    assert release[0] in listed.output, "nothing was deleted"
    ended = await haas(*release[1].split(), release[0], "--reason", "The proceeding has ended.")
    assert ended.exit_code == 0
    removed = await haas("tenant", "remove", "kestrel", typed="kestrel\n")
    assert removed.exit_code == 0
    assert "kestrel" not in {tenant.slug for tenant in await deployment.administration.all()}
    assert (await haas(*CREATE_KESTREL)).exit_code == 0, "a removed tenant can be created again"


async def test_every_change_is_recorded_in_the_audit_trail(haas: Haas, deployment: Deployment, kestrel: None) -> None:
    await haas("tenant", "suspend", "kestrel")
    await haas("tenant", "resume", "kestrel")
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        rows = await tx.execute(select(audit.c.action, audit.c.actor).where(audit.c.subject == "kestrel"))
        actions = {row.action: row.actor for row in rows}
    assert {"tenant.create", "tenant.suspend", "tenant.resume"} <= set(actions)
    assert all(actor.startswith("operator") for actor in actions.values())


async def test_in_production_create_requires_the_register_brand_id(haas: Haas) -> None:
    production = {"HAAS_ENVIRONMENT": "production", "HAAS_CLOCK_FILE": "", "HAAS_DATABASE_TIME_FACTOR": ""}
    refused = await haas(*CREATE_KESTREL, **production)
    assert refused.exit_code == 2
    assert "--register-brand-id is required" in refused.output
