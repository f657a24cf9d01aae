"""The whole stack: its files, how it restarts its processes, and tenants that are created after the start."""

import asyncio
import os
import signal
import stat
from pathlib import Path

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from haas.health import LIVE, READY, ask_health
from haas.settings import ApplicationSettings, CommandSettings, ProvisionerSettings, WorkerSettings
from ops.cli import main
from ops.deployment import Deployment
from ops.sandbox.transport import http_client
from ops.settings_file import read_settings
from ops.stack.description import TenantDescription, read_description
from ops.stack.embedded import Stack
from ops.stack.unprivileged import proxy_account
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
    settings = [
        folder.settings,
        folder.application_settings,
        folder.worker_settings,
        folder.provisioner_settings,
    ]
    secrets = [*settings, folder.master_key, *folder.secrets.iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}
    account = proxy_account()
    for file in folder.certificates.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == (0o600 if account is None else 0o640)
        assert account is None or file.stat().st_gid == account.gid
    assert folder.clock.stat().st_size == 8


def test_the_sockets_are_for_the_proxy_only(stack: Stack) -> None:
    """The mode of a socket says who may connect. Only the user who runs the stack may ask for the health."""
    sockets = {file.name: stat.S_IMODE(file.stat().st_mode) for file in stack.folder.sockets().iterdir()}
    health = {f"{process}-health" for process in ("app", "worker", "schedule", "provisioner")}
    locks = {"app.lock", "sandbox.lock", "ehub.lock"}
    assert sockets == {"app": 0o660, "sandbox": 0o660, "ehub": 0o660, **dict.fromkeys(health | locks, 0o600)}
    assert stat.S_IMODE(stack.folder.sockets().stat().st_mode) & 0o007 == 0


@pytest.mark.skipif(proxy_account() is None, reason="root does not run the stack")
def test_the_workers_of_nginx_do_not_run_as_root(stack: Stack) -> None:
    master = stack.processes()["nginx"]
    workers = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
    users = {Path(f"/proc/{worker}").stat().st_uid for worker in workers}
    assert users == {proxy_account().uid}
    assert 0 not in users


async def test_every_process_says_that_it_is_ready(stack: Stack) -> None:
    addresses = {
        process: f"unix:{stack.folder.sockets() / process}-health"
        for process in ("app", "worker", "schedule", "provisioner")
    }
    ports = msgspec.json.decode(stack.folder.ports.read_bytes(), type=dict[str, int])
    addresses["nginx"] = f"127.0.0.1:{ports['nginx-health']}"
    for process, address in addresses.items():
        assert await ask_health(address, LIVE) == (200, {"status": "live"}), process
        assert await ask_health(address, READY) == (200, {"status": "ready"}), process


async def test_a_worker_without_its_broker_is_live_and_not_ready(stack: Stack) -> None:
    if "valkey" not in stack.processes():
        pytest.skip("the broker does not belong to the stack, so it must not be stopped")
    sockets, broker = stack.folder.sockets(), stack.processes()["valkey"]
    os.kill(broker, signal.SIGSTOP)
    try:
        status, answer = await ask_health(f"unix:{sockets / 'worker'}-health", READY)
        assert (status, list(answer["failed"])) == (503, ["broker"])
        assert (await ask_health(f"unix:{sockets / 'worker'}-health", LIVE))[0] == 200
        assert (await ask_health(f"unix:{sockets / 'schedule'}-health", READY))[0] == 200
    finally:
        os.kill(broker, signal.SIGCONT)
    await stack.until_ready("valkey")


async def test_each_settings_file_is_enough_for_its_kind_of_process(stack: Stack) -> None:
    folder = stack.folder
    for kind, file in (
        (CommandSettings, folder.settings),
        (ApplicationSettings, folder.application_settings),
        (WorkerSettings, folder.worker_settings),
        (ProvisionerSettings, folder.provisioner_settings),
    ):
        assert kind.from_environment(read_settings(file)) == stack.settings.of(kind)


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


@pytest.mark.parametrize(
    "process", ["nginx", "app", "sandbox", "ehub", "worker", "schedule", "provisioner", "valkey", "postgres"]
)
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
    """Pages show the new name within two seconds, and the new host is served with its certificate."""
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
