"""A database server that keeps its connections open and answers nothing: nobody waits for long, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from haas.clock import MovableClock
from haas.database import Database, Purpose
from haas.errors import Unavailable
from ops.deployment import Deployment
from tenants.availability.board import FRESH_FOR, UNREADABLE_FOR
from tenants.registry.models import Tenant
from tests.support.application import Application, KeySets, open_application
from tests.support.deployments import PostgresServer, open_deployment
from tests.support.https_server import HttpsServer
from tests.support.own_postgres import OwnPostgres, own_postgres

CONNECTIONS = 3
ACCOUNTS, STATUS, OUTAGES = (
    "/cds-au/v1/energy/accounts",
    "/cds-au/v1/discovery/status",
    "/cds-au/v1/discovery/outages",
)


@pytest.fixture(scope="module")
async def server(state_folder: Path) -> AsyncIterator[OwnPostgres]:
    async with own_postgres(state_folder / "silent") as server:
        yield server


@pytest.fixture(scope="module")
async def deployment(server: OwnPostgres, valkey: str, state_folder: Path) -> AsyncIterator[Deployment]:
    postgres = PostgresServer(server.superuser_url)
    async with open_deployment(postgres, valkey, state_folder, time_factor=1) as deployment:
        yield deployment


@pytest.fixture(scope="module")
async def tenant(deployment: Deployment) -> Tenant:
    return await deployment.new_tenant("silent")


@pytest.fixture
async def database(deployment: Deployment) -> AsyncIterator[Database]:
    """A database with one pool, all of whose connections are open."""
    database = Database.open(deployment.settings.database_urls, connections=CONNECTIONS)
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def application(
    deployment: Deployment, signing_keys: KeySets, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Application]:
    async with (
        HttpsServer(tmp_path_factory.mktemp("web")).serving() as web,
        open_application(deployment, web, signing_keys) as opened,
    ):
        yield opened


async def use(database: Database, tenant: Tenant, purpose: Purpose = "requests") -> None:
    async with database.transaction(tenant.namespace, purpose) as tx:
        assert await tx.driver.fetchval("SELECT 1") == 1


async def use_all(database: Database, tenant: Tenant) -> None:
    """Use every connection at the same time: none is lost."""
    everybody = asyncio.Barrier(CONNECTIONS)

    async def use_with_the_others() -> None:
        async with database.transaction(tenant.namespace) as tx:
            await everybody.wait()
            await tx.driver.fetchval("SELECT 1")

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(use_with_the_others())


async def until_used(database: Database, tenant: Tenant) -> None:
    """Use every connection as soon as the server, which continues, answers."""
    while True:
        try:
            await use(database, tenant)
        except Unavailable:
            continue
        break
    await use_all(database, tenant)


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize("purpose", ["requests", "public", "long"])
async def test_beginning_a_transaction_at_a_silent_server_ends(
    server: OwnPostgres, database: Database, tenant: Tenant, purpose: Purpose, *, connected: bool
) -> None:
    if connected:
        await use(database, tenant, purpose)
    async with server.silent():
        for _ in range(2):
            with pytest.raises(Unavailable):
                await use(database, tenant, purpose)
    await until_used(database, tenant)


async def test_nobody_waits_twice_for_a_silent_server(server: OwnPostgres, database: Database, tenant: Tenant) -> None:
    """A caller whose connection is terminated does not try the next one, also while another caller tries the server."""
    await use_all(database, tenant)
    pool = database._nodes["main"].requests
    loop = asyncio.get_running_loop()

    async def waited() -> float:
        began = loop.time()
        with pytest.raises(Unavailable):
            await use(database, tenant)
        return loop.time() - began

    async with server.silent():
        first = asyncio.create_task(waited())
        while not any(pooled.ticks_left < 3 for pooled in pool._in_use):  # noqa: ASYNC110 - the timer of the pool
            await asyncio.sleep(0.01)
        late = asyncio.create_task(waited())
        seconds = [await first, await waited(), await late]
    assert max(seconds) < 2
    await until_used(database, tenant)


async def test_a_statement_at_a_silent_server_ends_and_its_connection_is_not_used_again(
    server: OwnPostgres, database: Database, tenant: Tenant
) -> None:
    await use_all(database, tenant)
    async with server.silence() as begin:
        with pytest.raises(Unavailable, match="the connection failed"):
            async with database.transaction(tenant.namespace) as tx:
                driver = tx.driver
                await begin()
                await driver.fetchval("SELECT 1")
        assert driver.is_closed()
    await until_used(database, tenant)


async def test_the_outcome_of_a_commit_at_a_silent_server_is_unknown(
    server: OwnPostgres, database: Database, tenant: Tenant
) -> None:
    async with server.silence() as begin:
        with pytest.raises(Unavailable, match="it is not known whether the transaction was committed"):
            async with database.transaction(tenant.namespace) as tx:
                driver = tx.driver
                await begin()
        assert driver.is_closed()
    await until_used(database, tenant)


async def test_an_error_of_the_block_is_raised_although_the_rollback_is_not_answered(
    server: OwnPostgres, database: Database, tenant: Tenant
) -> None:
    async with server.silence() as begin:
        with pytest.raises(OverflowError):
            async with database.transaction(tenant.namespace) as tx:
                driver = tx.driver
                await begin()
                raise OverflowError
        assert driver.is_closed()
    await until_used(database, tenant)


async def test_a_task_that_waits_for_a_silent_server_can_be_cancelled(
    server: OwnPostgres, database: Database, tenant: Tenant
) -> None:
    await use_all(database, tenant)
    async with server.silence() as begin:
        await begin()
        for tasks in (1, CONNECTIONS, 2 * CONNECTIONS):
            waiting = [asyncio.create_task(use(database, tenant)) for _ in range(tasks)]
            await asyncio.sleep(0)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
    await until_used(database, tenant)


async def test_only_one_caller_at_a_time_tries_a_silent_server(
    server: OwnPostgres, database: Database, tenant: Tenant
) -> None:
    async with server.silence() as begin:
        await begin()
        with pytest.raises(Unavailable):
            await use(database, tenant)
        trial = asyncio.create_task(use(database, tenant))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="does not answer"):
            await use(database, tenant)
        assert not trial.done(), "the second caller was refused at once"
        trial.cancel()
        await asyncio.gather(trial, return_exceptions=True)
    await until_used(database, tenant)


async def test_closing_a_database_does_not_wait_for_a_silent_server(
    server: OwnPostgres, deployment: Deployment, tenant: Tenant
) -> None:
    database = Database.open(deployment.settings.database_urls, connections=CONNECTIONS)
    await use_all(database, tenant)
    async with server.silent():
        await database.close()


async def test_every_surface_says_unavailable_while_the_database_is_silent(
    server: OwnPostgres, application: Application, tenant: Tenant
) -> None:
    """The shape of the answer is that of the surface."""
    token = {"Authorization": "Bearer none", "x-v": "2"}
    flow = f"{tenant.issuer}/authorise?client_id=x&request_uri=urn:ietf:params:oauth:request_uri:{uuid4()}"
    async with application.http() as http, server.silence() as begin:
        assert (await http.get(tenant.secure_base + ACCOUNTS, headers=token)).status_code == 401
        await begin()
        data = await http.get(tenant.secure_base + ACCOUNTS, headers=token)
        oauth = await http.get(f"{tenant.secure_base}/userinfo", headers=token)
        page = await http.get(flow)
    for answer in (data, oauth, page):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert data.json()["errors"][0]["code"] == "urn:au-cds:error:cds-all:Service/Unavailable"
    assert oauth.json()["error"] == "temporarily_unavailable"
    assert page.headers["content-type"].startswith("text/html")


async def test_what_is_in_memory_is_served_while_the_database_is_silent(
    server: OwnPostgres, application: Application, tenant: Tenant, clock: MovableClock
) -> None:
    documents = ("/.well-known/openid-configuration", "/jwks")
    async with application.http(base_url=tenant.issuer) as http, server.silence() as begin:
        before = [(await http.get(path)).json() for path in documents]
        await begin()
        for _ in range(3):
            clock.move(timedelta(hours=1))
            assert [(await http.get(path)).json() for path in documents] == before


async def test_the_status_and_outages_are_served_from_memory_and_tell_of_the_silence(
    server: OwnPostgres, application: Application, tenant: Tenant, clock: MovableClock
) -> None:
    """What was never read cannot be served. The status changes when the database has been silent for some time."""
    other = await application.new_tenant("never-read")
    version = {"x-v": "1"}
    async with application.http(headers=version) as http, server.silence() as begin:
        before = [(await http.get(tenant.issuer + path)).json()["data"] for path in (STATUS, OUTAGES)]
        assert before[0]["status"] == "OK"
        await begin()
        unread = [await http.get(other.issuer + path) for path in (STATUS, OUTAGES)]
        clock.move(FRESH_FOR)
        after = [await http.get(tenant.issuer + path) for path in (STATUS, OUTAGES)]
        clock.move(UNREADABLE_FOR)
        late = [(await http.get(tenant.issuer + path)).json()["data"] for path in (STATUS, OUTAGES)]
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in unread] == [(503, "5")] * 2
    assert [answer.status_code for answer in after] == [200] * 2
    assert after[0].json()["data"]["status"] == "OK"
    assert (late[0]["status"], set(late[0])) == (
        "UNAVAILABLE",
        {"status", "explanation", "detectionTime", "updateTime"},
    )
    assert [answer.json()["data"] for answer in after][1] == late[1] == before[1]


async def test_requests_succeed_again_when_the_server_continues(
    server: OwnPostgres, application: Application, tenant: Tenant
) -> None:
    token = {"Authorization": "Bearer none", "x-v": "2"}
    async with application.http(base_url=tenant.secure_base, headers=token) as http:
        async with server.silent():
            answers = await asyncio.gather(*(http.get(ACCOUNTS) for _ in range(50)))
            assert {answer.status_code for answer in answers} == {503}
        while (await http.get(ACCOUNTS)).status_code != 401:
            pass
        answers = await asyncio.gather(*(http.get(ACCOUNTS) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {401}
