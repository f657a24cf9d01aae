"""`haas source`: the credentials for a retailer's own server, and the check of such a server."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from haas.settings import ApplicationSettings
from ops.pki.keys import key_to_pem, new_key
from ops.sandbox.retailer.window import Window
from tenants.audit import service as audits
from tenants.audit.tables import audit
from tenants.registry.models import Tenant
from tenants.upstream.credentials import UPSTREAM_CREDENTIALS
from tenants.upstream.messages import MAXIMUM_ITEMS
from tenants.upstream.tables import upstream_credential
from tests.support.application import Application
from tests.support.commands import Haas, command_runner
from tests.support.processes import environment
from tests.support.retailer import RetailerSite, demonstration_data, use_upstream
from tests.support.rows import execute, run

SECRET = "the s3cret of the retailer"


@pytest.fixture(scope="module")
async def site(application: Application, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RetailerSite]:
    async with RetailerSite(tmp_path_factory.mktemp("retailer"), application.web).serving(application) as site:
        yield site


@pytest.fixture
def source(application: Application, tmp_path: Path) -> Haas:
    """`haas` with the settings of the application, and no others."""
    settings: Any = application.web.settings(application.deployment.settings)
    return command_runner({**environment(settings, ApplicationSettings), "HAAS_STATE": str(tmp_path)})


class Files:
    """The certificate and the key of the holder in files."""

    def __init__(self, folder: Path, site: RetailerSite) -> None:
        self.chain, self.key, self.secret = folder / "chain.pem", folder / "key.pem", folder / "secret"
        self.chain.write_text(site.holder.chain)
        self.key.write_text(site.holder.private_key)
        self.secret.write_text(f"{SECRET}\n")

    @property
    def options(self) -> list[str]:
        return ["--certificate", str(self.chain), "--key", str(self.key)]


@pytest.fixture
def files(tmp_path: Path, site: RetailerSite) -> Files:
    return Files(tmp_path, site)


async def test_credentials_are_stored_listed_and_removed_with_an_entry_in_the_audit_trail(
    application: Application, source: Haas, files: Files, tenant: Tenant
) -> None:
    none = await source("source", "credential", tenant.slug)
    assert "No credentials" in none.output
    done = await source(
        "source", "credential", tenant.slug, *files.options, "--client-id", "holder", "--secret", str(files.secret)
    )
    assert done.exit_code == 0, done.output
    assert "client-certificate" in done.output
    assert "holder" in done.output
    assert "ends within a month" in done.output
    for secret in (SECRET, "PRIVATE KEY"):
        assert secret not in done.output
    rows = await execute(application.database, tenant, select(upstream_credential))
    assert {row.kind for row in rows} == {"client-secret", "client-certificate"}
    assert SECRET not in repr(rows)
    stored = await run(
        application.database,
        tenant,
        UPSTREAM_CREDENTIALS.find,
        tenant.id,
        application.deployment.sealer,
        "client-secret",
    )
    assert (stored.presented, stored.secret) == ("holder", SECRET)
    removed = await source("source", "credential", tenant.slug, "--remove", "client-secret")
    assert "client-secret" not in removed.output
    entries = await execute(application.database, tenant, select(audit).order_by(audit.c.seq))
    assert [(row.action, row.subject) for row in entries] == [
        ("upstream-credential.set", "client-certificate"),
        ("upstream-credential.set", "client-secret"),
        ("upstream-credential.remove", "client-secret"),
    ]
    assert await run(application.database, tenant, audits.verify) is None


async def test_a_key_can_come_from_standard_input(source: Haas, files: Files, tenant: Tenant) -> None:
    done = await source(
        "source", "credential", tenant.slug, "--certificate", str(files.chain), "--key", "-",
        typed=files.key.read_text(),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "client-certificate" in done.output


async def test_credentials_that_cannot_be_used_are_refused(
    application: Application, source: Haas, files: Files, tenant: Tenant, site: RetailerSite
) -> None:
    other, broken = files.key.with_name("other.pem"), files.key.with_name("broken.pem")
    other.write_bytes(key_to_pem(new_key()))
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    server, large, empty = (files.key.with_name(name) for name in ("server.pem", "large.pem", "empty"))
    server.write_bytes((application.web.roots.parent / "server.pem").read_bytes())
    large.write_bytes(b"x" * 70_000)
    empty.write_text("\n")
    chain, key = str(files.chain), str(files.key)
    for said, options in {
        "does not belong": ["--certificate", chain, "--key", str(other)],
        "certificate is not in PEM": ["--certificate", str(broken), "--key", key],
        "private key is not in PEM": ["--certificate", chain, "--key", chain],
        "not for clients": ["--certificate", str(server), "--key", str(server)],
        "more than": ["--certificate", str(large), "--key", key],
        "client secret is not one line": ["--client-id", "holder", "--secret", str(empty)],
        "client id is not one line": ["--client-id", "a\nb", "--secret", str(files.secret)],
        "together": ["--certificate", chain],
    }.items():
        refused = await source("source", "credential", tenant.slug, *options)
        assert refused.exit_code != 0
        assert said in refused.output, refused.output
    assert await execute(application.database, tenant, select(upstream_credential)) == []
    assert (await source("source", "credential", "no-such-brand")).exit_code == 1
    assert site.port


async def test_the_settings_of_other_commands_are_not_enough(haas: Haas, tenant: Tenant) -> None:
    """Only a process with the master key can encrypt a credential (decision 0023)."""
    refused = await haas("source", "credential", tenant.slug)
    assert refused.exit_code == 1
    assert "HAAS_OPERATOR_DATABASE_URL is set" in refused.output


@pytest.fixture(scope="module")
async def checked(application: Application, site: RetailerSite) -> Tenant:
    return await use_upstream(application, site, "checked", demonstration_data(application.now.date()))


async def check(source: Haas, site: RetailerSite, tenant: Tenant, **options: str) -> Any:
    data = site.retailers.find(tenant.slug)
    assert data is not None
    user = next(iter(data.users))
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    return await source("source", "check", tenant.slug, "--user", user, "--repeat", "1", *given)


async def test_the_reference_server_follows_the_contract(source: Haas, site: RetailerSite, checked: Tenant) -> None:
    site.reset(checked)
    ineligible = {"customerId": "C0", "reason": "other", "validFrom": "2026-01-01", "validTo": "2026-01-31"}
    ended = [{"customerId": f"C{each}", "endedOn": "2026-01-01"} for each in range(3)]
    site.retailers.feed["checked"] = [ineligible, *ended, ineligible]
    done = await check(source, site, checked)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "The server follows the contract."), done.output
    asked = set(site.asked(checked))
    assert asked == {
        "getHealth", "getCapabilities", "findUser", "getUser", "getCustomer", "listAccounts", "getAccount",
        "getPaymentSchedule", "getConcessions", "getBalance", "listBalances", "listInvoices", "listTransactions",
        "listEndedCustomers",
    }  # fmt: skip


async def test_no_data_of_the_server_is_printed(source: Haas, site: RetailerSite, checked: Tenant) -> None:
    site.reset(checked)
    site.fail(checked, "invalid-item")
    done = await check(source, site, checked)
    data = site.retailers.find("checked")
    assert data is not None
    printed = done.output
    for account in (each for listed in data.accounts.values() for each in listed):
        assert account["accountId"] not in printed
        assert str(account.get("displayName", "?")) not in printed
    for user in data.users.values():
        assert user["familyName"] not in printed


@pytest.mark.parametrize(
    ("fault", "operation", "said"),
    [
        ("invalid-item", "getCustomer", "getCustomer $.data: found Object contains unknown field `unknownMember`"),
        ("invalid-item", "listAccounts", "listAccounts $.data.accounts[0]: found Object contains unknown field"),
        ("wrong-object", "getAccount", "getAccount $.data.accountId: found another id; expected the id of the request"),
        ("unknown", "getUser", "getUser status: found unknown; expected 200 (C-X6)"),
        ("error", "getConcessions", "getConcessions status: found getConcessions: the server answered 500"),
        ("html", "getHealth", "getHealth $: found no JSON; expected JSON in UTF-8 (C-X3)"),
        ("refused", "getBalance", "getBalance status: found refused; expected 200 (C-X6)"),
    ],
)
async def test_each_deviation_is_a_finding(
    source: Haas, site: RetailerSite, checked: Tenant, fault: str, operation: str, said: str
) -> None:
    """C-X7: the field path, what was found, what is expected, and the clause."""
    site.reset(checked)
    site.fail(checked, fault, operation)
    done = await check(source, site, checked)
    assert done.exit_code == 1
    assert said in done.output, done.output


async def test_a_server_that_does_not_check_the_authorisation_is_found(
    source: Haas, site: RetailerSite, checked: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def accept(*_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(site.authorisation, "check", accept)
    site.reset(checked)
    done = await check(source, site, checked)
    found = [line for line in done.output.splitlines() if line.startswith("getHealth status for")]
    assert [line.partition(":")[0].removeprefix("getHealth status for ") for line in found] == [
        "a made-up token",
        "no bearer token",
        "a JWT for another URI",
        "an expired JWT",
        "a JWT that is valid for an hour",
        "a JWT whose signature was changed",
        "a JWT whose `jti` was used before",
    ]


class Turning(list[Any]):
    """A feed that has another order in each response."""

    def __getitem__(self, index: Any) -> Any:
        self.reverse()
        return super().__getitem__(index)


async def test_lists_that_do_not_agree_are_found(source: Haas, site: RetailerSite, application: Application) -> None:
    data = demonstration_data(application.now.date())
    user = next(iter(data["users"].values()))
    listed = data["accounts"][user["customers"][0]["customerId"]]
    listed[0]["displayName"] = "Another name"
    listed.append({**listed[0], "x": {**listed[0]["x"], "servicePoints": []}})
    firm = next(key for key, each in data["customers"].items() if each["customerUType"] == "organisation")
    data["customers"][firm]["organisation"]["organisationType"] = "COMPANY"
    user["customers"].append({"customerId": firm, "role": "attorney"})
    excluded = {**listed[0]["x"], "ineligible": [{"reason": "other", "validFrom": "2026-01-01"}]}
    data["accounts"].setdefault(firm, []).append({**listed[0], "x": excluded})
    user["channel"] = "sms"
    tenant = await use_upstream(application, site, "disagrees", data)
    site.retailers.feed["disagrees"] = Turning({"customerId": each, "endedOn": "2026-01-01"} for each in ("C1", "C2"))
    done = await check(source, site, tenant)
    for said in (
        "listAccounts $.data.accounts: found an account twice",
        "x.servicePoints: found not every NMI of the plans",
        "getAccount $.data.displayName: found another value",
        "getUser $.data.channel: found sms without its contact; expected the contact (C-X3)",
        "getUser $.data.customers[].role: found a role for individuals; expected nominated-representative of an",
        "listAccounts $.data.accounts[].x.ineligible: found other periods for another customer",
        "listEndedCustomers $.data with limit 1: found another entry; expected the first one of the feed (C-X4)",
        "listEndedCustomers $.data after a cursor: found other entries; expected those after the cursor (C-X4)",
    ):
        assert said in done.output, done.output


async def test_bills_that_are_not_listed_as_the_contract_says_are_found(
    source: Haas, site: RetailerSite, checked: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order, the parts, the total, and both ends of a period."""
    site.reset(checked)
    right = Window.part

    def wrong(window: Window, member: str, items: list[Any], dated_by: str) -> Any:
        if window.oldest == window.newest:
            return {member: []}
        if window.limit < MAXIMUM_ITEMS:
            return {**right(window, member, items, dated_by), "cursor": "1"}
        return {**right(window, member, items[::-1], dated_by), "total": 3}

    monkeypatch.setattr(Window, "part", wrong)
    done = await check(source, site, checked)
    for said in (
        "listInvoices $.data.invoices: found another order; expected newest first (C-X4)",
        "listTransactions $.data.transactions: found another order",
        "$.data.total: found another number",
        "$.data.cursor: found a list that does not go on",
        "$.data.invoices from the date of an item to the same day: found other items",
        "$.data.transactions from the date of an item to the same time: found other items",
    ):
        assert said in done.output, done.output


async def test_objects_must_be_named_and_the_tenant_must_have_a_server(source: Haas, tenant: Tenant) -> None:
    assert "name at least one" in (await source("source", "check", tenant.slug)).output
    refused = await source("source", "check", tenant.slug, "--user", "U-1")
    assert (refused.exit_code, "has no server of the retailer" in refused.output) == (1, True)
