"""`haas tenant set`, run as an operator runs it, against a real database."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import select, update

from ops.demonstration.themes import AURORA, BANKSIA
from ops.deployment import Deployment
from tenants.clients.tables import client
from tenants.provisioning.models import DeploymentChange
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry import store
from tenants.registry.models import SWITCHES, Tenant, TextMessageGateway, UpstreamServer
from tenants.registry.service import FRESH_FOR, Registry
from tenants.registry.tables import audit, brand
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.commands import Haas
from themes.tokens import check_theme, theme_to_json

pytestmark = pytest.mark.usefixtures("provisioner")


@pytest.fixture
async def swift(deployment: Deployment, tenant: Tenant) -> Tenant:
    """A new tenant with a theme."""
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await store.update_brand(tx, tenant.id, {"theme": theme_to_json(AURORA)})
    return await deployment.administration.find(tenant.slug)


async def rows_of_audit(deployment: Deployment, slug: str) -> list[dict[str, Any]]:
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        query = select(audit.c.detail).where(audit.c.subject == slug, audit.c.action == "tenant.change")
        return [row.detail for row in await tx.execute(query.order_by(audit.c.at))]


async def revision(deployment: Deployment) -> int | None:
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        return await store.revision_number(tx)


async def test_the_limits_of_a_tenant_can_be_set_and_removed(haas: Haas, deployment: Deployment, swift: Tenant) -> None:
    set_ = ("tenant", "set", swift.slug)
    assert (await haas(*set_, "--count-customer-calls-by", "arrangement", "--low-velocity-limit", "10")).exit_code == 0
    now = await deployment.administration.find(swift.slug)
    assert now.settings == msgspec.structs.replace(
        swift.settings, customer_calls_counted_by="arrangement", low_velocity_limit=10
    )
    assert (await haas(*set_, "--low-velocity-limit", "0")).exit_code == 0
    assert (await deployment.administration.find(swift.slug)).settings.low_velocity_limit is None
    removed = await rows_of_audit(deployment, swift.slug)
    assert removed[-1] == {"limits": {"low_velocity_limit": {"from": 10, "to": None}}}
    assert (await haas(*set_, "--market-calls-per-second", "40")).exit_code == 0
    assert (await deployment.administration.find(swift.slug)).settings.market_calls_per_second == 40
    assert (await haas(*set_, "--market-calls-per-second", "0")).exit_code == 0
    assert (await haas(*set_, "--receipt-days-before-end", "14")).exit_code == 0
    assert (await deployment.administration.find(swift.slug)).settings.receipt_days_before_end == 14
    assert (await haas(*set_, "--receipt-days-before-end", "0")).exit_code == 0
    assert (await deployment.administration.find(swift.slug)).settings.receipt_days_before_end is None
    own = ("--text-messages", "uri=https://gateway.test/sms", "--text-messages", "sender=Swift")
    assert (await haas(*set_, *own)).exit_code == 0
    gateway = TextMessageGateway(uri="https://gateway.test/sms", sender="Swift")
    assert (await deployment.administration.find(swift.slug)).settings.text_messages == gateway
    for wrong, says in (("uri=http://gateway.test", "`$.text_messages.uri`"), ("url=x", "its values are uri, sender")):
        refused = await haas(*set_, "--text-messages", wrong)
        assert (refused.exit_code, says in refused.output) == (1, True), refused.output
    assert (await haas(*set_, "--text-messages", "uri=", "--text-messages", "sender=")).exit_code == 0
    assert (await deployment.administration.find(swift.slug)).settings.text_messages is None
    for page, is_on in (
        ("https://swift.test/?a=b", "on"),
        ("https://www.swift.test/", "on"),
        ("https://swift.test/?a=b", "off"),
    ):
        assert (await haas(*set_, "--dashboard-link-page", f"{page}={is_on}")).exit_code == 0
    pages = (await deployment.administration.find(swift.slug)).settings.dashboard_link_pages
    assert pages == frozenset({"https://www.swift.test/"})
    for wrong, code in (("http://swift.test/=on", 1), ("https://swift.test/", 2), ("https://swift.test/=yes", 2)):
        assert (await haas(*set_, "--dashboard-link-page", wrong)).exit_code == code
    checked = await haas("links", "check", swift.slug)
    assert (checked.exit_code, "www.swift.test/ could not be read: " in checked.output) == (1, True), checked.output
    assert (await haas(*set_, "--dashboard-link-page", "https://www.swift.test/=off")).exit_code == 0
    assert "0 pages must link to https://" in (await haas("links", "check", swift.slug)).output
    assert (await haas(*set_, "--dkim-selector", "s1")).exit_code == 0
    assert (await deployment.administration.find(swift.slug)).settings.dkim_selector == "s1"
    assert (await haas(*set_, "--dkim-selector", "s 1")).exit_code == 1
    assert (await haas(*set_, "--dkim-selector=")).exit_code == 0
    assert (await deployment.administration.find(swift.slug)).settings.dkim_selector is None
    assert (await haas(*set_, "--generic-plans-uri", "https://plans.test/swift/cds-au/v1")).exit_code == 0
    found = await deployment.administration.find(swift.slug)
    assert found.settings.generic_plans_uri == "https://plans.test/swift/cds-au/v1"
    assert (await haas(*set_, "--generic-plans-uri", "http://plans.test")).exit_code == 1
    assert (await haas(*set_, "--generic-plans-uri=")).exit_code == 0
    assert (await deployment.administration.find(swift.slug)).settings.generic_plans_uri is None
    refused = await haas(*set_, "--low-velocity-limit", "9")
    assert refused.exit_code == 1
    assert "9 is not a limit for low velocity data" in refused.output


async def test_every_kind_of_change_at_once(haas: Haas, deployment: Deployment, swift: Tenant) -> None:
    done = await haas(
        "tenant", "set", swift.slug, "--name", "Swift Energy", "--contact", "phone=1800 555 099",
        "--contact", "email=", "--switch", "offers_co_approval=on", "--host", "admin=admin.swift-energy.test",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    now = await deployment.administration.find(swift.slug)
    assert now.name == "Swift Energy"
    assert now.theme["support_phone"] == "1800 555 099"
    assert "support_email" not in now.theme
    assert now.settings == msgspec.structs.replace(swift.settings, offers_co_approval=True)
    assert now.hosts == msgspec.structs.replace(swift.hosts, admin="admin.swift-energy.test")
    assert "Publish the new name at the Register" in done.output
    assert "contains a certificate for each of these hosts" in done.output
    assert "admin.swift-energy.test" in done.output
    assert "OpenID provider must allow the new host" in done.output
    [detail] = await rows_of_audit(deployment, swift.slug)
    assert detail == {
        "name": {"from": swift.name, "to": "Swift Energy"},
        "theme": {
            "brand_name": {"from": AURORA.brand_name, "to": None},
            "support_phone": {"from": AURORA.support_phone, "to": "1800 555 099"},
            "support_email": {"from": AURORA.support_email, "to": None},
        },
        "switches": {"offers_co_approval": {"from": False, "to": True}},
        "hosts": {"admin": {"from": swift.hosts.admin, "to": "admin.swift-energy.test"}},
    }
    shown = (await haas("tenant", "show", swift.slug)).output
    assert "1800 555 099" in shown
    assert "offers_co_approval" in shown


async def test_running_processes_serve_a_change_within_two_seconds(
    haas: Haas, deployment: Deployment, swift: Tenant
) -> None:
    registry = Registry(deployment.database, deployment.settings, deployment.clock)
    assert (await registry.by_host(swift.hosts.admin)) == (swift, "admin")
    host = f"admin.{uuid4().hex}.test"
    done = await haas("tenant", "set", swift.slug, "--name", "Swift Energy", "--host", f"admin={host}")
    assert done.exit_code == 0, done.output
    async with asyncio.timeout(FRESH_FOR.total_seconds() + 0.5):
        while (await registry.by_slug(swift.slug)).name != "Swift Energy":  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)
    found = await registry.by_host(host)
    assert found is not None
    assert found[1] == "admin"
    assert await registry.by_host(swift.hosts.admin) is None


async def test_the_application_shows_the_new_name_and_theme(
    haas: Haas, application: Application, swift: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "theme.json"
    tokens = theme_to_json(BANKSIA)
    del tokens["brand_name"], tokens["support_phone"]
    file.write_bytes(msgspec.json.encode(tokens))
    done = await haas("tenant", "set", swift.slug, "--name", "Swift Energy", "--theme", str(file))
    assert done.exit_code == 0, done.output
    application._forget_tenants()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url=swift.issuer) as http:
        page = (await http.get("/dashboard/sign-in")).text
        path = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
        styles = (await http.get(path)).text
    assert "Swift Energy" in page
    assert AURORA.brand_name not in page
    assert str(AURORA.support_phone) in page, "a contact that the file does not state is kept"
    assert BANKSIA.light.primary in styles


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--name", "two\nlines"), "cannot be a name"),
        (("--contact", "phone=two\nlines"), "support_phone: must be one line"),
        (("--contact", "fax=1"), "there is no contact 'fax'; the contacts are phone, email"),
        (("--contact", "phone"), "does not have the form KIND=TEXT"),
        (("--switch", "flies=on"), "there is no switch 'flies'; the switches are serves_retired_versions"),
        (("--switch", "time_zone=on"), "there is no switch 'time_zone'"),
        (("--switch", "offers_co_approval=maybe"), "write offers_co_approval=on or offers_co_approval=off"),
        (
            ("--market", "market_source=nobody"),
            "the market settings are market_source=store|aemo, unknown_market_values=",
        ),
        (("--market", "time_zone=aemo"), "the market settings are market_source=store|aemo"),
        (("--market", "aemo"), "does not have the form NAME=VALUE"),
        (("--host", "console=console.swift.test"), "there is no surface 'console'"),
        (("--host", "public=console.haas.localhost"), "its first label is reserved"),
        (("--host", "public=mtls.swift.test"), "its first label is reserved"),
        (("--host", "public=SWIFT.test"), "is not a host name"),
        (("--host", f"public={'x.' * 100}test"), "is not a host name"),
        (("--host", "secure=swift.test"), "its first label must be 'mtls', as in mtls.swift.test"),
        (("--host", "admin=mtls.swift.test"), "its first label must be 'admin'"),
        (("--host", "management=admin.swift.test"), "its first label must be 'api'"),
        (("--host", 'admin=admin."swift.test'), "is not a host name"),
        ((), "there is nothing to change"),
        (("--move-endpoints",), "there is nothing to change"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_refused_and_nothing_is_changed(
    haas: Haas, deployment: Deployment, swift: Tenant, options: tuple[str, ...], reason: str
) -> None:
    before = await revision(deployment)
    valid = ("--switch", "serves_retired_versions=on") if options and options != ("--move-endpoints",) else ()
    refused = await haas("tenant", "set", swift.slug, *valid, *options)
    assert refused.exit_code != 0
    assert reason in " ".join(refused.output.replace("│", " ").split()), refused.output
    assert await deployment.administration.find(swift.slug) == swift
    assert (await revision(deployment), await rows_of_audit(deployment, swift.slug)) == (before, [])


async def test_a_theme_is_checked(haas: Haas, deployment: Deployment, swift: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "theme.json"
    pale = theme_to_json(AURORA) | {"light": {**msgspec.to_builtins(AURORA.light), "primary": "#9fc9ff"}}
    for text, reason in (
        ("[]", "cannot be read as a JSON object"),
        ("{}", "light"),
        ('{"light": 1}', "light"),
        (msgspec.json.encode(pale).decode(), "the text on the primary button: #ffffff on #9fc9ff has 1.7:1"),
    ):
        file.write_text(text)
        refused = await haas("tenant", "set", swift.slug, "--theme", str(file))
        assert refused.exit_code != 0
        assert reason in refused.output
    assert await deployment.administration.find(swift.slug) == swift


async def test_the_logo_of_a_theme_is_stored_without_what_its_design_tool_adds(
    haas: Haas, deployment: Deployment, swift: Tenant, tmp_path: Path
) -> None:
    export = '<!-- Exported --><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{}</svg>'
    file = tmp_path / "theme.json"
    file.write_bytes(msgspec.json.encode(theme_to_json(AURORA) | {"logo_svg": export.format("<script/>")}))
    refused = await haas("tenant", "set", swift.slug, "--theme", str(file))
    assert refused.exit_code != 0
    assert "logo_svg: the logo contains <script>, a script" in refused.output
    styled = export.format('<path style="fill:red"/>')
    file.write_bytes(msgspec.json.encode(theme_to_json(AURORA) | {"logo_svg": styled}))
    done = await haas("tenant", "set", swift.slug, "--theme", str(file))
    assert done.exit_code == 0, done.output
    stored = (await deployment.administration.find(swift.slug)).theme["logo_svg"]
    assert stored == '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path fill="red" /></svg>'


async def test_contacts_need_a_theme(haas: Haas, tenant: Tenant) -> None:
    refused = await haas("tenant", "set", tenant.slug, "--contact", "phone=1800 555 099")
    assert refused.exit_code == 1
    assert "contacts belong to a theme: give a theme too" in refused.output


async def test_the_same_values_again_change_nothing(haas: Haas, deployment: Deployment, swift: Tenant) -> None:
    before = await revision(deployment)
    done = await haas(
        "tenant", "set", swift.slug, "--contact", f"phone={AURORA.support_phone}", "--switch", "offers_co_approval=off",
        "--host", f"public={swift.hosts.public}",
    )  # fmt: skip
    assert done.exit_code == 0
    assert "nothing was changed" in done.output
    assert (await revision(deployment), await rows_of_audit(deployment, swift.slug)) == (before, [])


async def test_a_host_of_another_tenant_is_refused(
    haas: Haas, deployment: Deployment, two_tenants: tuple[Tenant, Tenant]
) -> None:
    first, second = two_tenants
    before = await revision(deployment)
    refused = await haas("tenant", "set", first.slug, "--name", "Swift", "--host", f"admin={second.hosts.admin}")
    assert refused.exit_code == 1
    assert f"{second.hosts.admin}: a host of this name belongs to another tenant" in refused.output
    assert await deployment.administration.find(first.slug) == first
    assert await revision(deployment) == before


async def test_an_unknown_tenant_is_refused(haas: Haas) -> None:
    refused = await haas("tenant", "set", "nobody", "--name", "Nobody")
    assert refused.exit_code == 1
    assert "`haas tenant list` lists them" in refused.output


async def test_settings_that_a_newer_release_added_are_kept(haas: Haas, deployment: Deployment, swift: Tenant) -> None:
    newer = {"time_zone": "Australia/Perth", "of_a_newer_release": 1}
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        await tx.execute(update(brand).where(brand.c.id == swift.id).values(settings=newer))
    assert (await haas("tenant", "set", swift.slug, "--switch", "offers_co_approval=on")).exit_code == 0
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        stored = (await tx.execute(select(brand.c.settings).where(brand.c.id == swift.id))).scalar_one()
    assert stored == {**newer, "offers_co_approval": True}


async def test_before_anybody_is_registered_every_host_can_be_changed(
    haas: Haas, deployment: Deployment, swift: Tenant
) -> None:
    names = {
        "public": "data.swift-energy.test", "secure": "mtls.data.swift-energy.test",
        "admin": "admin.staff.swift-energy.test", "management": "api.swift-energy.test",
    }  # fmt: skip
    options = [part for surface, name in names.items() for part in ("--host", f"{surface}={name}")]
    done = await haas("tenant", "set", swift.slug, *options)
    assert done.exit_code == 0, done.output
    now = await deployment.administration.find(swift.slug)
    assert dict(now.surfaces()) == names
    assert now.issuer == "https://data.swift-energy.test:8443"
    assert f"PublicBaseUri and InfoSecBaseUri {now.issuer}" in done.output
    assert f"ResourceBaseUri and AdminBaseUri {now.secure_base}" in done.output
    assert f"Tell the retailer's systems the new address: {now.management_base}" in done.output


async def test_the_issuer_of_registered_products_cannot_be_changed(
    haas: Haas, deployment: Deployment, application: Application
) -> None:
    """OpenID Connect Discovery 4.3, OpenID Connect Core 5.7."""
    tenant = await application.new_tenant()
    await registered_client(application, tenant)
    change = ("tenant", "set", tenant.slug, "--host", f"public=data.{tenant.slug}.test")
    for options in ((), ("--move-endpoints",)):
        refused = await haas(*change, *options)
        assert refused.exit_code == 1
        assert f"software products are registered (1) with the issuer {tenant.issuer}" in refused.output
    assert await deployment.administration.find(tenant.slug) == tenant
    assert (await haas("tenant", "set", tenant.slug, "--host", f"admin=admin.{tenant.slug}.test")).exit_code == 0
    async with owner_transaction(deployment.owner, deployment.settings, tenant.namespace) as tx:
        ended = update(client).where(client.c.kind == "software-product")
        await tx.execute(ended.values(removed_at=deployment.clock.now()))
    assert (await haas(*change)).exit_code == 0


async def test_the_endpoints_of_registered_products_are_moved_only_on_purpose(
    haas: Haas, deployment: Deployment, application: Application
) -> None:
    tenant = await application.new_tenant()
    await registered_client(application, tenant)
    change = ("tenant", "set", tenant.slug, "--host", f"secure=mtls.data.{tenant.slug}.test")
    refused = await haas(*change)
    assert refused.exit_code == 1
    assert f"software products are registered (1) and use the endpoints at {tenant.hosts.secure}" in refused.output
    assert await deployment.administration.find(tenant.slug) == tenant
    assert (await haas(*change, "--move-endpoints")).exit_code == 0
    application._forget_tenants()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url=tenant.issuer) as http:
        metadata = (await http.get("/.well-known/openid-configuration")).json()
    assert metadata["issuer"] == tenant.issuer
    assert metadata["token_endpoint"].startswith(f"https://mtls.data.{tenant.slug}.test:8443/")


async def test_the_market_source_is_changed_and_shown(haas: Haas, deployment: Deployment, swift: Tenant) -> None:
    given = ("market_source=aemo", "missing_market_values=drop")
    done = await haas("tenant", "set", swift.slug, *(f"--market={each}" for each in given))
    assert done.exit_code == 0, done.output
    now = (await deployment.administration.find(swift.slug)).settings
    assert (now.market_source, now.missing_market_values, now.unknown_market_values) == ("aemo", "drop", "pass")
    shown = (await haas("tenant", "show", swift.slug)).output
    assert "market_source=aemo, unknown_market_values=pass, missing_market_values=drop" in shown


async def test_changes_at_the_same_time_all_count(deployment: Deployment, swift: Tenant) -> None:
    switches = ("offers_co_approval", "serves_retired_versions", "serves_management_api")

    async def switch_on(switch: str) -> None:
        change = TenantChange(switches={switch: True})
        await deployment.administration.change(swift.slug, change, actor="tests", check_theme=check_theme)

    await asyncio.gather(*(switch_on(switch) for switch in switches))
    now = await deployment.administration.find(swift.slug)
    assert all(getattr(now.settings, switch) for switch in switches)
    assert len(await rows_of_audit(deployment, swift.slug)) == 3


def test_a_change_can_be_the_arguments_of_a_provision_request() -> None:
    change = TenantChange(name="N", contacts={"phone": ""}, switches={SWITCHES[0]: True}, hosts={"admin": "admin.b"})
    arguments = msgspec.json.decode(msgspec.json.encode(change))
    assert set(arguments) == {"change", "name", "contacts", "switches", "hosts"}
    assert msgspec.convert(arguments, DeploymentChange) == change
    for wrong in ({"hosts": {"console": "console.b"}}, {"colour": "red"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**arguments, **wrong}, DeploymentChange)


async def test_a_private_host_is_entered_and_removed(haas: Haas, deployment: Deployment, swift: Tenant) -> None:
    async def private() -> frozenset[str]:
        return (await deployment.administration.find(swift.slug)).settings.private_hosts

    options = ("--private-host", "apis.prod.marketnet.net.au=on", "--private-host", "api.retailer.test=on")
    assert (await haas("tenant", "set", swift.slug, *options)).exit_code == 0
    assert await private() == {"apis.prod.marketnet.net.au", "api.retailer.test"}
    assert "api.retailer.test, apis.prod.marketnet.net.au" in (await haas("tenant", "show", swift.slug)).output
    assert (await haas("tenant", "set", swift.slug, "--private-host", "api.retailer.test=off")).exit_code == 0
    assert await private() == {"apis.prod.marketnet.net.au"}
    assert (await rows_of_audit(deployment, swift.slug))[-1] == {
        "private_hosts": {"api.retailer.test": {"from": True, "to": None}}
    }


@pytest.mark.parametrize("value", ["https://api.retailer.test=on", "API.test=on", "=on", "api.retailer.test=yes"])
async def test_a_private_host_that_is_no_host_is_refused(haas: Haas, swift: Tenant, value: str) -> None:
    refused = await haas("tenant", "set", swift.slug, "--private-host", value)
    assert refused.exit_code != 0
    assert "Traceback" not in refused.output


async def test_the_retailers_own_server_is_set_and_used_and_removed(
    haas: Haas, deployment: Deployment, swift: Tenant
) -> None:
    """`--upstream` sets single values, and `--customer-source` says whether they are used."""
    done = await haas(
        "tenant", "set", swift.slug, "--customer-source", "upstream",
        "--upstream", "base-uri=https://cdr.swift.test/v1", "--upstream", "authentication=client-credentials",
        "--upstream", "token-uri=https://login.swift.test/token",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    server = UpstreamServer(
        base_uri="https://cdr.swift.test/v1",
        authentication="client-credentials",
        token_uri="https://login.swift.test/token",
    )
    now = await deployment.administration.find(swift.slug)
    assert (now.settings.customer_source, now.settings.upstream) == ("upstream", server)
    [detail] = await rows_of_audit(deployment, swift.slug)
    assert detail["source"] == {"customer_source": {"from": "store", "to": "upstream"}}
    assert detail["upstream"]["base_uri"] == {"from": None, "to": "https://cdr.swift.test/v1"}
    shown = (await haas("tenant", "show", swift.slug)).output
    assert "upstream token-uri" in shown
    changed = await haas("tenant", "set", swift.slug, "--upstream", "scope=cdr")
    assert changed.exit_code == 0, changed.output
    for option in ("base-uri=", "authentication=signed-jwt", "base-uri=http://cdr.swift.test", "password=x", "x"):
        refused = await haas("tenant", "set", swift.slug, "--upstream", option)
        assert refused.exit_code != 0, option
    kept = (await deployment.administration.find(swift.slug)).settings
    assert kept.upstream == msgspec.structs.replace(server, scope="cdr")
    none = [f"--upstream={name}=" for name in ("base-uri", "authentication", "token-uri", "scope")]
    assert (await haas("tenant", "set", swift.slug, *none)).exit_code != 0  # it is used
    removed = await haas("tenant", "set", swift.slug, "--customer-source", "store", *none)
    assert removed.exit_code == 0, removed.output
    assert (await deployment.administration.find(swift.slug)).settings == swift.settings
