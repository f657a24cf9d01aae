"""A retailer's server and an e-Hub that give generated broken answers: never an error of ours, nor data of others.

C-X2, C-X6, C-A13, C-A20. What a source may give is decided elsewhere. Here any member can have any value, be missing
or be there twice; the text can be cut, too deep or no JSON; the answer can be a redirect, a page, or that of another
object.
Answers that are too late or too large have tests of their own (`test_upstream.py`, `test_client.py`).
"""

import copy
import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import strategies as st
from sqlalchemy import select

from ops.demonstration.customers import load_demonstration
from tenants.accounts.service import market_day
from tenants.accounts.tables import account
from tenants.registry.models import Tenant, TenantSettings, UpstreamServer
from tenants.upstream.credentials import UPSTREAM_CREDENTIALS
from tenants.upstream.models import UpstreamCredential
from tests.apps.resources.aemo.conftest import POINTS, new_nmi
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_account_data import consumers
from tests.support.aemo import BASE, ScriptedHub, UsageOfHub, add_participant, client_certificate, of_path
from tests.support.application import Application
from tests.support.customers import Consumer
from tests.support.examples import for_examples
from tests.support.https_server import ReceivedRequest
from tests.support.retailer import demonstration_data
from tests.support.service_points import ServicePoints

EXAMPLES: Final = 50
FOREIGN: Final = "66666.66"
"""A text in everything that belongs to another customer."""
ACCOUNTS: Final = "/energy/accounts"
OF_THE_RETAILER: Final = (
    "/common/customer/detail",
    ACCOUNTS,
    f"{ACCOUNTS}/{{id}}",
    *(f"{ACCOUNTS}/{{id}}/{part}" for part in ("payment-schedule", "concessions", "balance", "invoices", "billing")),
    *(f"{ACCOUNTS}/{part}" for part in ("balances", "invoices", "billing")),
)
OF_AEMO: Final = (
    POINTS,
    f"{POINTS}/{{id}}",
    f"{POINTS}/der",
    f"{POINTS}/{{id}}/der",
    *(f"{POINTS}/{path}usage?interval-reads={form}" for path in ("", "{id}/") for form in ("NONE", "FULL")),
)
KINDS: Final = (
    *("value", "value", "missing", "missing", "twice", "foreign", "foreign", "many", "deep", "bytes", "cut"),
    *("truncated", "type", "redirect", "status"),
)
LISTS: Final = ("accounts", "balances", "invoices", "transactions", "servicePoints", "derRecords", "reads")
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


class Breakage(NamedTuple):
    """What is wrong in the answers to one call, of which `number` chooses the place."""

    kind: str
    number: int
    value: Any
    status: int
    operation: int

    def of(self, answer: Any, foreign: Any) -> bytes:
        """Return the response with a broken answer. `foreign` is an item or an object of another customer, or None."""
        answer = copy.deepcopy(answer)
        self._change(answer, foreign)
        body = json.dumps(answer).encode().replace(b'"DEEP"', b"[" * 20_000 + b"]" * 20_000)
        place = self.number % (len(body) + 1)
        if self.kind == "bytes":
            body = body[:place] + b"\xff\x00{" + body[place:]
        elif self.kind == "cut":
            body = body[:place]
        status = {"status": self.status, "redirect": 302}.get(self.kind, 200)
        head = {
            "Content-Type": "text/html" if self.kind == "type" else "application/json",
            "Content-Length": str(len(body) + (9 if self.kind == "truncated" else 0)),
            "Connection": "close",
            **({"Location": "https://elsewhere.test/"} if self.kind == "redirect" else {}),
        }
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {text}" for name, text in head.items()), "", ""]
        return "\r\n".join(lines).encode() + body

    def _change(self, answer: Any, foreign: Any) -> None:
        """Change one place of an answer."""
        places = list(_places(answer))
        holder, key = places[self.number % len(places)]
        match self.kind:
            case "value":
                holder[key] = self.value
            case "deep":
                holder[key] = "DEEP"
            case "missing":
                del holder[key]
            case "twice" if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case "many" if isinstance(holder, list):
                holder[:] = holder * (500 // len(holder))
            case "foreign" if foreign is not None:
                listed = [each for name, each in answer["data"].items() if name in LISTS]
                if listed:
                    listed[0][self.number % (len(listed[0]) + 1) :] = [foreign]
                else:
                    answer["data"] = foreign


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place in a JSON value: the object or array, and the name or position in it."""
    inside = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, each in inside:
        yield value, key
        yield from _places(each)


breakages = st.builds(
    Breakage,
    kind=st.sampled_from(KINDS),
    number=st.integers(0, 100_000),
    value=values,
    status=st.sampled_from([400, 404, 409, 410, 422, 500, 502]),
    operation=st.integers(0, 100),
)


class BrokenServers:
    """Both servers of one brand. The answers are right while `breakage` is None."""

    def __init__(self, application: Application, data: dict[str, Any]) -> None:
        self._data = data
        self._hub = ScriptedHub(application.web)
        self._usage = UsageOfHub()
        self.breakage: Breakage | None = None
        self.foreign_account = ""
        self.foreign_nmi = new_nmi()
        application.web.respond = self._respond

    def _respond(self, request: ReceivedRequest) -> bytes | None:
        if request.host.startswith("ehub."):
            answer, foreign = self._of_hub(request)
        elif request.host.startswith("retailer."):
            answer, foreign = self._of_retailer(request.path.partition("?")[0].removeprefix("/v1"))
        else:
            return None
        breakage = self.breakage or Breakage("none", 0, None, 200, 0)
        return breakage.of(answer, foreign)

    def _of_hub(self, request: ReceivedRequest) -> tuple[Any, Any]:
        path = request.path.partition("?")[0].removeprefix(BASE)
        if path.endswith("/usage"):
            foreign = self._usage.read(self.foreign_nmi, date.today(), "E1", "NONE")  # noqa: DTZ011 - any day
            return self._usage(request)[1], {**foreign, "meterId": FOREIGN}
        kind = "/der" if path.endswith("/der") else "" if request.method == "POST" else "{nmi}"
        foreign = {**of_path(kind, self.foreign_nmi), "consumerProfile": {"classification": FOREIGN}}
        foreign |= {"approvedCapacity": float(FOREIGN)} if kind == "/der" else {"jurisdictionCode": FOREIGN}
        return self._hub.items(request)[1], foreign

    def _of_retailer(self, path: str) -> tuple[Any, Any]:
        foreign: dict[str, Any] = {"accountId": self.foreign_account}
        match path.strip("/").split("/"):
            case ["customers", customer]:
                answer, foreign = self._data["customers"][customer], {}
            case ["customers", customer, "accounts"]:
                answer = {"accounts": self._data["accounts"][customer]}
                foreign |= {**answer["accounts"][0], **foreign, "accountNumber": FOREIGN, "displayName": FOREIGN}
            case ["balances"]:
                answer = {"balances": [{"accountId": each, "balance": "1.00"} for each in self._data["accountDetails"]]}
                foreign |= {"balance": FOREIGN}
            case ["accounts", identifier]:
                answer = self._data["accountDetails"][identifier]
                foreign = {**answer, **foreign, "accountNumber": FOREIGN, "displayName": FOREIGN}
            case ["accounts", identifier, ("invoices" | "billing") as part]:
                name = {"billing": "transactions"}.get(part, part)
                answer = {name: self._data[name].get(identifier, [])[:3]}
                foreign = {**next(iter(answer[name]), {}), **foreign, "invoiceNumber": FOREIGN}
            case ["accounts", identifier, "payment-schedule"]:
                answer, foreign = {"paymentSchedules": self._data["paymentSchedules"].get(identifier, [])}, {}
            case ["accounts", identifier, "concessions"]:
                answer, foreign = {"concessions": self._data["concessions"].get(identifier, [])}, {}
            case ["accounts", _, "balance"]:
                answer, foreign = {"balance": "1.00"}, {}
            case _:
                answer, foreign = {"version": 1, "balances": True, "endedCustomers": False}, {}
        return {"data": answer}, foreign or None


class Broken(NamedTuple):
    servers: BrokenServers
    brand: Brand
    shared: Sharing
    accounts: list[str]
    points: list[str]

    async def ask(self, path: str, number: int) -> httpx.Response:
        ids = self.points if "servicepoints" in path else self.accounts
        path, _, query = path.replace("{id}", ids[number % len(ids)]).partition("?")
        parameters = dict(parse_qsl(query))
        if "interval-reads" in parameters:  # a few reads, so that an example takes little time
            parameters["oldest-date"] = str(market_day(self.brand.application.now) - timedelta(days=2))
        return await self.shared.get(path, params=parameters)

    def forget(self) -> None:
        """Forget what the application knows of the servers: answers, and failures after which it would not ask."""
        services = self.brand.application.services
        services.outbound._circuits.clear()
        for cache in (services._market._answers, services._market._counts, services._market._consumer_changes):
            cache._entries.clear()


@pytest.fixture(scope="module")
async def broken(application: Application) -> Any:
    web = application.web
    settings = TenantSettings(
        customer_source="upstream",
        upstream=UpstreamServer(base_uri=f"{web.origin('retailer')}/v1"),
        market_source="aemo",
        market_calls_per_second=1_000,
    )
    tenant = await application.new_tenant("broken-sources", settings=settings)
    await load_demonstration(application.database, tenant.namespace, 0, file=None, now=application.now)
    await _save_certificate(application, tenant)
    servers = BrokenServers(application, demonstration_data(application.now.date()))
    await add_participant(application.deployment, tenant, "BROKEN", servers._hub.base_uri)
    brand = Brand(application, tenant)
    mine, other = [each for each in await consumers(brand) if len(each.account_ids) == 2][:2]
    servers.foreign_account = await _reference(brand, other)
    points = ServicePoints(application.database, tenant, application.now)
    for _ in range(3):
        await points.add(new_nmi(), mine.account_ids[0])
    await points.add(servers.foreign_nmi, other.account_ids[0])
    shared = await brand.share(mine)
    yield Broken(servers, brand, shared, await shared.account_ids(), await shared.point_ids())
    web.respond = lambda _: None


async def _save_certificate(application: Application, tenant: Tenant) -> None:
    chain, key = client_certificate()
    held = UpstreamCredential(kind="client-certificate", presented=chain, secret=key, changed_at=application.now)
    async with application.deployment.database.transaction(tenant.namespace) as tx:
        await UPSTREAM_CREDENTIALS.save(tx, tenant.id, application.deployment.sealer, held)


async def _reference(brand: Brand, consumer: Consumer) -> str:
    [row] = await brand.execute(select(account.c.reference).where(account.c.id == consumer.account_ids[0]))
    return str(row.reference)


@pytest.mark.parametrize("operations", [OF_THE_RETAILER, OF_AEMO], ids=["retailer", "e-hub"])
async def test_a_broken_answer_is_never_an_error_of_ours_and_discloses_nothing_of_others(
    broken: Broken, operations: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="tenants")
    for number, path in enumerate(operations):  # right answers are answered
        broken.servers.breakage = None
        assert (await broken.ask(path, number)).status_code == 200, path
    statuses: set[int] = set()

    async def holds(breakage: Breakage) -> None:
        path = operations[breakage.operation % len(operations)]
        broken.forget()
        broken.servers.breakage = breakage
        response = await broken.ask(path, breakage.number)
        statuses.add(response.status_code)
        said = f"{path} {breakage}: {response.status_code} {response.text[:500]}"
        assert FOREIGN not in response.text, said
        assert broken.servers.foreign_nmi not in response.text, said
        if response.status_code != 200:
            assert response.json()["errors"], said
        allowed = {200, 404, 503}
        if operations is OF_AEMO and breakage.kind == "status":
            allowed |= {500}  # AEMO has refused our request (C-A20)
            assert response.status_code != 500 or response.json()["errors"][0]["isSecondaryDataHolderError"], said
        assert response.status_code in allowed, said

    for operation in range(len(operations)):  # data of others, at every operation
        for place in (0, 1):
            await holds(Breakage("foreign", place, None, 0, operation))
    await for_examples(breakages, EXAMPLES, holds)
    assert statuses >= {200, 503}
    broken.servers.breakage = None
    broken.forget()
