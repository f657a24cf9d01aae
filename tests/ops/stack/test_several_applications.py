"""Two application processes: deploys under load, processes that hang, and state that both of them share."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from haas.health import LIVE, ask_health
from haas.progress import NoProgress
from ops.bench.faults.trials import TRIALS, Trial, run
from ops.browser.person import Person
from ops.cli import main
from ops.demonstration import set_up_demonstration
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack, running
from ops.stack.layout import application_names
from ops.stack.options import WITHOUT_TRAFFIC_LIMIT, Options
from tenants.authentication.limits import CODES_OF_AN_IDENTIFIER
from tenants.registry.service import FRESH_FOR
from tests.support.deployments import PostgresServer

RATE = 70
APPLICATIONS = application_names(2)


@pytest.fixture(scope="module")
async def configured(postgres: PostgresServer, valkey: str) -> dict[str, str]:
    """The environment of a person who has a PostgreSQL and a Valkey already."""
    database = await postgres.deployment()
    return {
        "HAAS_DATABASE_URL": database.app_url,
        "HAAS_OWNER_DATABASE_URL": database.owner_url,
        "HAAS_OPERATOR_DATABASE_URL": database.operator_url,
        "HAAS_ROLE_PREFIX": database.role_prefix,
        # A database of its own, whose jobs are not those of other tests.
        "HAAS_REDIS_URL": urlsplit(valkey)._replace(path="/5").geturl(),
        "HAAS_SMS_URL": "https://sms.test",
    }


@pytest.fixture(scope="module")
async def stack(configured: dict[str, str], state_folder: Path) -> AsyncIterator[Stack]:
    """A stack of this module's own with two application processes, which uses existing servers."""
    options = Options.from_environment(configured, state=state_folder / "two", port=0, workers=2)
    options = msgspec.structs.replace(options, variables={**options.variables, **WITHOUT_TRAFFIC_LIMIT})
    async with running(options, set_up_demonstration) as stack:
        yield stack


class EachInTurn(httpx.AsyncBaseTransport):
    """Sends requests to the application processes in turn, without the proxy."""

    def __init__(self, stack: Stack, names: list[str]) -> None:
        sockets = stack.folder.sockets()
        self._processes = {name: httpx.AsyncHTTPTransport(uds=str(sockets / name)) for name in names}
        self._order = cycle(names)
        self.used: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.used.append(next(self._order))
        # The browser has the address of the proxy, because of its secure cookies.
        plain = httpx.Request(
            request.method,
            request.url.copy_with(scheme="http"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._processes[self.used[-1]].handle_async_request(plain)

    async def aclose(self) -> None:
        for transport in self._processes.values():
            await transport.aclose()


def directly(stack: Stack, *names: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=EachInTurn(stack, list(names)), follow_redirects=False, timeout=20)


async def command(stack: Stack, *arguments: str) -> None:
    environment = {"HAAS_STATE": str(stack.folder.root)}
    done = await asyncio.to_thread(CliRunner().invoke, main, list(arguments), env=environment)
    assert done.exit_code == 0, done.output


def brand(stack: Stack, slug: str) -> TenantDescription:
    return next(tenant for tenant in stack.description.tenants if tenant.slug == slug)


async def test_configured_servers_are_used_instead_of_embedded_ones(stack: Stack, configured: dict[str, str]) -> None:
    assert {"postgres", "valkey"}.isdisjoint(stack.processes())
    assert stack.settings.database_url == configured["HAAS_DATABASE_URL"]
    assert stack.settings.redis_url == configured["HAAS_REDIS_URL"]
    assert stack.settings.sms_url == configured["HAAS_SMS_URL"]
    assert [tenant.slug for tenant in stack.description.tenants] == ["aurora", "banksia"]


async def test_no_request_fails_and_nothing_is_lost_while_every_application_is_restarted(stack: Stack) -> None:
    async def restart_applications(stack: Stack) -> None:
        for name in APPLICATIONS:
            await stack.restart(name)

    trial = Trial(name="deploy", disturb=restart_applications, loses_requests=False, loses_counts=False)
    before = [stack.processes()[name] for name in APPLICATIONS]
    outcome = await run(stack, trial, 1, NoProgress(), RATE)
    after = [stack.processes()[name] for name in APPLICATIONS]
    assert not set(before) & set(after)
    assert outcome.wrong == []
    assert outcome.ledger.failures == []
    assert outcome.answered > RATE
    assert outcome.counted == outcome.answered
    assert outcome.ledger.acknowledged > 0
    assert outcome.people.failures == []
    log = (stack.folder.logs / "app.log").read_text()
    assert "serving.connections_cut" not in log


async def test_nothing_acknowledged_is_lost_when_an_application_is_killed_under_load(stack: Stack) -> None:
    before = stack.processes()
    trial = next(trial for trial in TRIALS if trial.name == "app")
    outcome = await run(stack, trial, 1, NoProgress(), RATE)
    assert outcome.wrong == []
    assert outcome.answered > RATE
    assert outcome.people.answered.total() > 0
    assert outcome.ledger.acknowledged > 0
    assert stack.processes()["app"] != before["app"]


@pytest.mark.parametrize("process", ["app-2", "worker"])
async def test_a_process_that_hangs_is_restarted(stack: Stack, process: str) -> None:
    hung = stack.processes()[process]
    os.kill(hung, signal.SIGSTOP)
    async with asyncio.timeout(60):
        while stack.processes()[process] == hung:  # noqa: ASYNC110 - the supervisor finds it by itself
            await asyncio.sleep(0.1)
    await stack.until_ready(process)
    assert await ask_health(f"unix:{stack.folder.sockets() / process}-health", LIVE) == (200, {"status": "live"})


async def test_a_tenant_that_is_changed_through_the_registry_is_changed_in_every_process(stack: Stack) -> None:
    page = f"{brand(stack, 'banksia').issuer}/dashboard/sign-in"

    async def shown(name: str) -> str:
        async with directly(stack, name) as http:
            return (await http.get(page)).text

    for name in APPLICATIONS:
        assert "Banksia Power" in await shown(name)
    await command(stack, "tenant", "set", "banksia", "--name", "Banksia Renamed")
    async with asyncio.timeout(FRESH_FOR.total_seconds() + 1):
        for name in APPLICATIONS:
            while "Banksia Renamed" not in await shown(name):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    await command(stack, "tenant", "set", "banksia", "--name", "Banksia Power")


async def test_a_new_key_is_published_by_every_process(stack: Stack) -> None:
    url = brand(stack, "aurora").jwks_uri

    async def key_ids(name: str) -> set[str]:
        async with directly(stack, name) as http:
            return {key["kid"] for key in (await http.get(url)).json()["keys"]}

    before = [await key_ids(name) for name in APPLICATIONS]
    assert before[0] == before[1]
    await command(stack, "keys", "rotate", "aurora", "--compromised")
    async with asyncio.timeout(60):
        for name in APPLICATIONS:
            while not await key_ids(name) - before[0]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert await key_ids(APPLICATIONS[0]) == await key_ids(APPLICATIONS[1])


async def test_the_limit_of_one_time_passwords_counts_the_requests_of_all_processes(stack: Stack) -> None:
    tenant = brand(stack, "aurora")  # at the other brand, persons of the trials may have left codes unanswered
    identifier = tenant.demonstration_customers[-1]["identifier"]

    async def receives_a_code(*names: str) -> bool:
        async with directly(stack, *names) as http, Person(http) as person:
            await person.open(tenant.dashboard_url)
            await person.identify(identifier)
            return "code" in person.page.elements

    for name in islice(cycle(APPLICATIONS), CODES_OF_AN_IDENTIFIER.most):
        assert await receives_a_code(name)
    for name in APPLICATIONS:
        assert not await receives_a_code(name)


async def test_no_log_of_a_process_has_a_line_for_a_request(stack: Stack) -> None:
    """The access log is that of nginx."""
    tenant = brand(stack, "aurora")
    async with directly(stack, *APPLICATIONS) as http:
        for _ in APPLICATIONS:
            assert (await http.get(f"{tenant.issuer}/a-path-to-find?a=query")).status_code == 404
    for name in (*APPLICATIONS, "sandbox", "worker", "schedule", "provisioner"):
        text = (stack.folder.logs / f"{name}.log").read_text(errors="replace")
        for method in ("GET", "POST"):
            assert f"{method} /" not in text, name
        assert "a-path-to-find" not in text, name
