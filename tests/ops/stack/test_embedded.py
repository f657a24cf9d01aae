"""The whole stack: its files, its restarts of processes, and a tenant that is created later."""

import asyncio
import stat
from pathlib import Path

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from haas.settings import Settings
from ops.cli import main
from ops.deployment import Deployment
from ops.sandbox.transport import http_client
from ops.settings_file import read_settings
from ops.stack.description import TenantDescription, read_description
from ops.stack.embedded import Stack
from tenants.registry.service import FRESH_FOR


def client(stack: Stack) -> httpx.AsyncClient:
    description = stack.description
    return http_client(hosts=description.addresses, trusted_roots=Path(description.roots.bundle))


async def discovery(stack: Stack, tenant: TenantDescription) -> dict[str, object]:
    async with client(stack) as http:
        response = await http.get(tenant.discovery_url)
    assert response.status_code == 200
    return response.json()


async def test_the_stack_description_agrees_with_discovery(stack: Stack) -> None:
    description = read_description(stack.folder.description)
    assert description == stack.description
    assert [tenant.slug for tenant in description.tenants][:2] == ["aurora", "banksia"]
    for tenant in description.tenants[:2]:
        assert (await discovery(stack, tenant))["issuer"] == tenant.issuer
        assert tenant.resource_base_uri.startswith("https://mtls.")
        assert tenant.demonstration_customers


async def test_files_with_secrets_can_be_read_only_by_their_owner(stack: Stack) -> None:
    folder = stack.folder
    secrets = [folder.settings, folder.master_key, *folder.secrets.iterdir(), *folder.certificates.iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}
    assert folder.clock.stat().st_size == 8


async def test_the_settings_file_contains_all_settings(stack: Stack) -> None:
    assert Settings.from_environment(read_settings(stack.folder.settings)) == stack.settings


async def test_endpoints_of_one_host_are_not_found_on_the_other(stack: Stack) -> None:
    """An endpoint of the secure host does not exist on the public host, and vice versa."""
    tenant = stack.description.tenants[0]
    issued = stack.pki.issue_client("App", "Org")
    certificate = (issued.certificate.encode(), str(issued.key).encode())
    roots = Path(stack.description.roots.bundle)
    async with http_client(hosts=stack.description.addresses, trusted_roots=roots, certificate=certificate) as http:
        document = await discovery(stack, tenant)
        secure_only = [
            str(document["token_endpoint"]),
            str(document["pushed_authorization_request_endpoint"]),
            f"{tenant.resource_base_uri}/cds-au/v1/energy/accounts",
        ]
        public_only = [tenant.discovery_url, tenant.jwks_uri, f"{tenant.public_base_uri}/cds-au/v1/discovery/status"]
        for url in secure_only:
            assert (await http.get(url.replace("://mtls.", "://"))).status_code == 404, url
        for url in public_only:
            assert (await http.get(url, headers={"x-v": "1"})).status_code == 200, url
            assert (await http.get(url.replace("://", "://mtls."), headers={"x-v": "1"})).status_code == 404, url


async def test_a_request_without_a_client_certificate_gets_the_error_of_the_data_api(stack: Stack) -> None:
    tenant = stack.description.tenants[0]
    async with client(stack) as http:
        response = await http.get(f"{tenant.resource_base_uri}/cds-au/v1/energy/accounts", headers={"x-v": "2"})
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["code"] == "urn:au-cds:error:cds-all:GeneralError/Expected"
    assert "certificate" in error["detail"]
    assert "server" not in response.headers


@pytest.mark.parametrize("process", ["nginx", "app", "sandbox", "worker", "schedule", "valkey", "postgres"])
async def test_every_process_is_restarted(stack: Stack, process: str) -> None:
    before = stack.processes()[process]
    await stack.kill(process)
    await stack.until_ready(process)
    assert stack.processes()[process] != before
    for tenant in stack.description.tenants[:2]:
        assert (await discovery(stack, tenant))["issuer"] == tenant.issuer


async def test_a_tenant_created_later_is_served_and_described(stack: Stack) -> None:
    async with Deployment.open(stack.settings) as deployment:
        tenant = await deployment.new_tenant("cassia-later")
        await stack.until_described(tenant.slug)
        described = next(entry for entry in stack.description.tenants if entry.slug == tenant.slug)
        assert (await discovery(stack, described))["issuer"] == tenant.issuer
        assert described == next(
            entry for entry in read_description(stack.folder.description).tenants if entry.slug == tenant.slug
        )
        await deployment.administration.remove(tenant.slug, actor="test")


async def test_the_hosts_of_staff_and_of_management_are_served(stack: Stack) -> None:
    tenant = stack.description.tenants[0]
    admin = tenant.issuer.replace("://", "://admin.")
    async with client(stack) as http:
        for url in (f"{stack.description.console_url}/", f"{admin}/"):
            response = await http.get(url)
            assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert "server" not in response.headers
        response = await http.get(tenant.management_base_uri)
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
        assert "server" not in response.headers


async def test_a_changed_tenant_is_served_by_the_running_processes(stack: Stack) -> None:
    """The name within two seconds, and a new host with its certificate."""
    environment = {"HAAS_STATE": str(stack.folder.root)}

    async def change(*options: str) -> None:
        arguments = ["tenant", "set", "cassia-changed", *options]
        done = await asyncio.to_thread(CliRunner().invoke, main, arguments, env=environment)
        assert done.exit_code == 0, done.output

    async with Deployment.open(stack.settings) as deployment, client(stack) as http:
        tenant = await deployment.new_tenant("cassia-changed")
        await stack.until_described(tenant.slug)
        assert tenant.name in (await http.get(f"{tenant.issuer}/dashboard/sign-in")).text
        host = "admin.cassia-staff.haas.localhost"
        await change("--name", "Cassia Changed Energy", "--host", f"admin={host}")
        async with asyncio.timeout(FRESH_FOR.total_seconds() + 1):
            while "Changed" not in (await http.get(f"{tenant.issuer}/dashboard/sign-in")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        response = await http.get(stack.settings.origin(host))
        assert (response.status_code, "Cassia Changed Energy" in response.text) == (200, True)
        assert (await http.get(tenant.admin_base)).status_code == 404
        await deployment.administration.remove(tenant.slug, actor="test")


async def test_a_revoked_certificate_is_refused_after_the_periodic_check(stack: Stack) -> None:
    issued = stack.pki.issue_client("App", "Org")
    stack.pki.revoke(issued.serial)
    await stack.pki.until_enforced()
    certificate = (issued.certificate.encode(), str(issued.key).encode())
    url = f"{stack.description.tenants[0].resource_base_uri}/cds-au/v1/energy/accounts"
    async with http_client(
        hosts=stack.description.addresses,
        trusted_roots=Path(stack.description.roots.bundle),
        certificate=certificate,
    ) as http:
        refused = await http.get(url, headers={"x-v": "2"})
    async with client(stack) as http:
        missing = await http.get(url, headers={"x-v": "2"})
    assert (refused.status_code, missing.status_code) == (400, 400)


def test_servers_listen_on_loopback_only(stack: Stack) -> None:
    listening = set()
    for table in ("tcp", "tcp6"):
        rows = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        listening |= {row.split()[1] for row in rows if row.split()[3] == "0A"}
    ports = msgspec.json.decode(stack.folder.ports.read_bytes(), type=dict[str, int])
    for name, port in ports.items():
        assert {address.split(":")[0] for address in listening if address.endswith(f":{port:04X}")} == {"0100007F"}, (
            name
        )


async def test_the_certificates_are_not_trusted_without_the_root_of_the_stack(stack: Stack) -> None:
    """A client that does not trust the root of the stack refuses its certificates."""
    async with http_client(hosts=stack.description.addresses) as http:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await http.get(stack.description.tenants[0].discovery_url)
