"""The product's client against the sandbox's e-Hub, over mutual TLS through the proxy of the embedded stack."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from haas.clock import SystemClock
from haas.outbound import Outbound
from haas.settings import Settings
from haas.shared_values import SharedValues
from ops.deployment import Deployment
from ops.pki.clients import IssuedClient
from ops.stack.embedded import Stack
from tenants.accounts.service import market_day
from tenants.aemo.check import check
from tenants.aemo.client import AemoClient
from tenants.aemo.lenient import DEFAULT_POLICY
from tenants.aemo.models import AemoCall, AemoRequest, MarketPoint
from tenants.aemo.operations import OPERATIONS
from tenants.aemo.password_change import CHANGED_AFTER, PasswordChanges
from tenants.aemo.records import Question, Records
from tenants.cds.errors import CdsError
from tenants.market import service
from tenants.market.models import MarketCredentials, Participant, ParticipantKey, Secrets
from tenants.operations.models import Resource
from tenants.operations.resources import DER, SERVICE_POINT_DETAIL, SERVICE_POINTS, USAGE
from tenants.registry.names import market_change_namespace, owner_namespace
from tests.support.aemo import add_participant, brand_of_aemo, remove_participants

PLAIN, SOLAR, THIRD = "4102000010", "4102000014", "4102000018"
NMIS = (PLAIN, SOLAR, THIRD)
NO_POINTS = b'{"data":{"servicePointIds":[]},"meta":{}}'
"""The body of a request that any participant may send."""
RANGES = {"BANKSIA": "4", "BANKSIA2": "7", "AURORA": "6"}
SEEDS: Mapping[str, Mapping[str, Any]] = {
    "BANKSIA": {"username": "BANKSIA_API", "secret": "Sandbox-Banksia-1"},
    "BANKSIA2": {
        "mode": "basic-with-key",
        "username": "BANKSIA2_API",
        "secret": "Sandbox-Banksia-2",
        "subscription_key": "3c1f4f5c2f0a4c5e9d60b3a7f1e2d4c8",
    },
    "AURORA": {"mode": "bearer", "username": "aurora-client", "secret": "Sandbox-Aurora-1"},
}


@cache
def issue_participant(stack: Stack, participant_id: str) -> IssuedClient:
    """Issue the certificate of a participant once, because generating its RSA key takes long."""
    return stack.pki.issue_participant(participant_id)


class Retailer:
    """One participant of the e-Hub, and the product's objects that ask for it."""

    def __init__(self, stack: Stack, outbound: Outbound, control: httpx.AsyncClient) -> None:
        self.stack, self.control = stack, control
        self.client = AemoClient(outbound, SystemClock(), SharedValues(None), processes=1)
        self.records = Records(self.client)
        self.asked: list[str] = []
        """The NMI of each item of the last answer."""

    def credentials(self, participant_id: str = "BANKSIA", **changes: Any) -> MarketCredentials:
        issued = issue_participant(self.stack, participant_id)
        url = self.stack.description.sandbox.ehub_url
        values = {**SEEDS.get(participant_id, {}), **changes}
        secrets = {"secret": values.pop("secret"), "key": str(issued.key)}
        if "subscription_key" in values:
            secrets["subscription_key"] = values.pop("subscription_key")
        mode = values.pop("mode", "basic")
        participant = Participant(
            id=ParticipantKey(participant_id, "pre-production"),
            retailer_id=uuid4(),
            base_uri=f"{url}/NEMRetail/cds-au/v1/secondary/energy",
            mode=mode,
            token_uri=f"{url}/oauth/v1/token" if mode == "bearer" else None,
            certificate=issued.certificate,
            **values,
        )
        return MarketCredentials(participant=participant, secrets=Secrets(**secrets), changed_at=datetime.now(UTC))

    async def ask(
        self, resource: Resource, *nmis: str, participant_id: str = "BANKSIA", **parameters: str
    ) -> tuple[list[Any], Mapping[UUID, str | None]]:
        """Return the items of service points, and the service points that were refused."""
        asked = {name.replace("_", "-"): value for name, value in parameters.items()}
        question = Question(self.credentials(participant_id), OPERATIONS[resource], asked, DEFAULT_POLICY)
        points = [MarketPoint(uuid4(), nmi, None) for nmi in sorted(nmis)]
        call = AemoCall(
            interaction_id=str(uuid4()), arrangement_id=uuid4(), deadline=asyncio.get_running_loop().time() + 10
        )
        found = await self.records.fetch(question, points, call)
        named = {str(point.id): point.nmi for point in points}
        self.asked = [named[item.servicePointId.value] for item in found.items]
        return found.items, found.refused

    async def usage(self, *nmis: str, days: int = 2, form: str = "NONE", **options: Any) -> list[Any]:
        today = market_day(datetime.now(UTC))
        window = {"oldest_date": str(today - timedelta(days=days)), "newest_date": str(today - timedelta(days=1))}
        items, _ = await self.ask(USAGE, *nmis, **window, interval_reads=form, **options)
        return items

    async def fail(self, kind: str, **options: Any) -> None:
        answer = await self.control.post("/faults", json={"kind": kind, **options})
        assert answer.status_code in (200, 201), answer.text


@pytest.fixture
async def retailer(stack: Stack) -> AsyncIterator[Retailer]:
    settings = Settings(
        environment="sandbox",
        domain="haas.localhost",
        host_map=dict(stack.description.addresses),
        trusted_roots=Path(stack.description.roots.bundle),
    )
    control_api = stack.description.sandbox.ehub_control_api
    async with (
        httpx.AsyncClient(base_url=control_api, trust_env=False) as control,
        Outbound(settings) as outbound,
    ):
        retailer = Retailer(stack, outbound, control)
        yield retailer
        await retailer.client.close()
        await control.delete("/faults")
        await control.delete("/settings")


@pytest.mark.parametrize("participant_id", SEEDS)
async def test_every_mode_gets_every_resource(retailer: Retailer, participant_id: str) -> None:
    """C-A1, C-A9, A-4: password; password with subscription key; access token."""
    nmis = [f"{RANGES[participant_id]}{nmi[1:]}" for nmi in NMIS]
    for resource in (SERVICE_POINTS, DER):
        items, refused = await retailer.ask(resource, *nmis, participant_id=participant_id)
        assert (retailer.asked, len(items), dict(refused)) == (nmis, 3, {})
    (detail,), _ = await retailer.ask(SERVICE_POINT_DETAIL, nmis[0], participant_id=participant_id)
    assert detail.nationalMeteringId[:10] == nmis[0]
    reads = await retailer.usage(*nmis, participant_id=participant_id)
    assert set(retailer.asked) == set(nmis)
    assert len(reads) >= 3


async def test_reads_of_months_are_followed_through_the_pages_of_aemo(retailer: Retailer) -> None:
    """C-A10: the e-Hub gives later pages only to who follows its continuation token."""
    reads = await retailer.usage(*NMIS, days=600)
    assert len(reads) > 1_000
    keys = [(nmi, -read.readStartDate.toordinal()) for nmi, read in zip(retailer.asked, reads, strict=True)]
    assert keys == sorted(keys)  # C-I1


@pytest.mark.parametrize("form", ["MIN_30", "FULL"])
async def test_arrays_pass_through_without_being_decoded(retailer: Retailer, form: str) -> None:
    reads = [read for read in await retailer.usage(*NMIS, form=form) if read.intervalRead is not None]
    for read in reads:
        values = msgspec.json.decode(read.intervalRead.intervalReads, type=list[float])
        assert len(values) * read.intervalRead.readIntervalLength == 1440
        assert sum(values) == pytest.approx(read.intervalRead.aggregateValue)
    assert reads


async def test_the_other_word_for_half_hours_is_found(retailer: Retailer) -> None:
    """C-A11."""
    await retailer.control.patch("/settings", json={"half_hour_word": "30MIN"})
    for _ in range(2):
        assert await retailer.usage(PLAIN, form="MIN_30")


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("jurisdiction-iso", SERVICE_POINTS),
        ("no-loss-factor", SERVICE_POINT_DETAIL),
        ("empty-loss-factor", SERVICE_POINT_DETAIL),
        ("blank-loss-factor", SERVICE_POINT_DETAIL),
        ("no-meters", SERVICE_POINT_DETAIL),
        ("no-register-suffix", SERVICE_POINT_DETAIL),
        ("samples-names", SERVICE_POINT_DETAIL),
        ("samples-strings", SERVICE_POINT_DETAIL),
        ("null-der-numbers", DER),
        ("no-commissioning-date", DER),
        ("no-der-not-found", DER),
        ("no-der-empty", DER),
        ("no-der-missing", DER),
        ("samples-names", DER),
        ("samples-strings", DER),
        ("nmi-with-checksum", SERVICE_POINTS),
        ("unasked-service-point", DER),
        ("samples-links", SERVICE_POINTS),
    ],
    ids=lambda each: getattr(each, "name", each),
)
async def test_no_deviation_loses_a_service_point(retailer: Retailer, kind: str, resource: Resource) -> None:
    """C-A13, C-D1 to C-D5, C-D15, C-I6, L13: alone, and for all but the detail in a list."""
    await retailer.fail(kind)
    for nmis in ((PLAIN,), (SOLAR,)) if resource is SERVICE_POINT_DETAIL else (NMIS, (PLAIN,), (SOLAR,)):
        items, refused = await retailer.ask(resource, *nmis)
        assert (tuple(retailer.asked), dict(refused)) == (nmis, {})
        encoded = msgspec.json.encode(items, enc_hook=lambda _: "concealed")
        assert b'"lossValue":""' not in encoded
        assert b"4999999999" not in encoded


@pytest.mark.parametrize(
    "kind", ["no-register-suffix", "no-read-qualities", "unsorted", "samples-names", "samples-intervals"]
)
async def test_no_deviation_loses_a_read(retailer: Retailer, kind: str) -> None:
    """C-A13, C-D15, C-I1, C-Q5."""
    expected = await retailer.usage(*NMIS, form="FULL")
    written = msgspec.json.encode([_plain(read) for read in expected], enc_hook=lambda _: "")
    await retailer.fail(kind)
    found = await retailer.usage(*NMIS, form="FULL")
    if kind != "no-register-suffix":
        assert msgspec.json.encode([_plain(read) for read in found], enc_hook=lambda _: "") == written
    assert len(found) == len(expected)


def _plain(read: Any) -> Any:
    """Return a read with its array decoded, because spaces and zeros at the end may differ."""
    interval = read.intervalRead
    return (
        msgspec.structs.replace(read, intervalRead=None, readUType="basicRead", basicRead=read.basicRead)
        if interval is None
        else (
            read.readStartDate,
            read.registerSuffix,
            interval.aggregateValue,
            msgspec.json.decode(interval.intervalReads, type=list[float]),
            interval.readQualities,
        )
    )


async def test_a_service_point_of_another_retailer_is_taken_out(retailer: Retailer) -> None:
    """C-D6, C-A7, C-A21: the e-Hub refuses the whole list, with the NMI in its detail."""
    await retailer.fail("not-frmp", nmis=[SOLAR])
    for resource in (SERVICE_POINTS, DER):
        items, refused = await retailer.ask(resource, *NMIS)
        assert (retailer.asked, len(items), list(refused.values())) == ([PLAIN, THIRD], 2, ["InvalidSP-001"])
    await retailer.usage(*NMIS)
    assert set(retailer.asked) == {PLAIN, THIRD}
    items, refused = await retailer.ask(SERVICE_POINT_DETAIL, SOLAR)
    assert (items, list(refused.values())) == ([], ["InvalidSP-001"])


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "error", "status": 500}, 503),
        ({"kind": "error", "status": 503}, 503),
        ({"kind": "error", "status": 429}, 429),
        ({"kind": "error", "status": 403}, 500),
        ({"kind": "error", "status": 401}, 500),
        ({"kind": "html", "status": 502}, 503),
        ({"kind": "cut"}, 503),
        ({"kind": "error", "status": 422, "detail": "no service point is named"}, 500),
    ],
    ids=str,
)
async def test_each_failure_of_the_hub_has_its_status(
    retailer: Retailer, fault: dict[str, Any], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """C-A20, C-A19, L13."""
    await retailer.fail(**fault)
    with pytest.raises(CdsError) as caught:
        await retailer.ask(SERVICE_POINTS, *NMIS)
    assert (caught.value.status, caught.value.is_of_secondary_holder) == (status, True)
    ours = "".join(str(vars(record)) for record in caplog.records if record.name.startswith(("tenants", "haas")))
    assert [nmi for nmi in NMIS if nmi in ours] == []


async def test_requests_of_the_same_moment_do_not_lock_a_user_whose_password_is_wrong(
    retailer: Retailer, valkey: str
) -> None:
    """A-1, A-6: four requests of each of two processes are as many as the six wrong tries and more."""
    name, right = "CROWDED", "Right-Passw0rd-1"
    await retailer.control.put(f"/participants/{name}", json={"username": "CROWDED_API", "password": right})
    request = AemoRequest("listElectricityServicePointsSR", "POST", "/electricity/servicepoints", 2, {}, NO_POINTS)
    shared = [SharedValues(valkey) for _ in range(2)]
    clients = [AemoClient(retailer.client._http._outbound, SystemClock(), each, processes=2) for each in shared]
    for secret, kind in (("Wrong-Passw0rd-1", CdsError), (right, bytes)):
        credentials = retailer.credentials(name, username="CROWDED_API", secret=secret)
        call = AemoCall(
            interaction_id=str(uuid4()), arrangement_id=uuid4(), deadline=asyncio.get_running_loop().time() + 10
        )
        found = await asyncio.gather(
            *(client.send(credentials, request, call) for _ in range(5) for client in clients), return_exceptions=True
        )
        assert {type(each) for each in found} == {kind}
        participants = (await retailer.control.get("/participants")).json()["participants"]
        tries = {each["participant_id"]: each["wrong_tries"] for each in participants}
        assert tries[name] == (1 if kind is CdsError else 0)
    for each in (*clients, *shared):
        await each.close()


async def test_no_header_arrives_that_must_not_be_sent(retailer: Retailer) -> None:
    """C-A2: the e-Hub would refuse the call."""
    await retailer.control.patch("/settings", json={"forbidden_headers": "refuse"})
    assert (await retailer.ask(SERVICE_POINTS, PLAIN))[0]


async def test_a_password_is_changed_and_used(retailer: Retailer, deployment: Deployment, signing_keys: Any) -> None:
    """A-1, A-2: a password of 90 days has expired, can still be changed, and is then accepted."""
    name = "ROTATED"
    await retailer.control.put(f"/participants/{name}", json={"username": "ROTATED_API", "password": "Before-1-now"})
    tenant = await brand_of_aemo(deployment, next(signing_keys), "plover")
    credentials = retailer.credentials(name, username="ROTATED_API", secret="Before-1-now")
    key = await add_participant(
        deployment,
        tenant,
        name,
        credentials.participant.base_uri,
        username="ROTATED_API",
        secret="Before-1-now",
        certificate=(credentials.participant.certificate, credentials.secrets.key),
        changed_at=deployment.clock.now() - CHANGED_AFTER - timedelta(days=1),
    )
    namespace = owner_namespace(deployment.settings)
    job = PasswordChanges(
        deployment.database,
        market_change_namespace(deployment.settings),
        deployment.sealer,
        retailer.client,
        deployment.clock,
        seconds_to_settle=0,
    )
    await job.run()
    async with deployment.owner.transaction(namespace) as tx:
        changed = await service.credentials(tx, deployment.sealer, key)
    assert changed.secrets.secret != "Before-1-now"
    report = await check(retailer.client, changed, PLAIN, frozenset(), deployment.clock)
    assert dict(report.lines)["answer"].startswith(("400", "422")), report  # accepted, but it is not the FRMP
    old = await check(retailer.client, credentials, PLAIN, frozenset(), deployment.clock)
    assert dict(old.lines)["answer"].startswith("401")
    await remove_participants(deployment, tenant)
    await deployment.administration.remove(tenant.slug, actor="tests")


async def test_the_check_reports_the_certificate_the_clock_and_the_latency(retailer: Retailer) -> None:
    """C-A16."""
    report = await check(retailer.client, retailer.credentials(), PLAIN, frozenset(), SystemClock())
    lines = dict(report.lines)
    assert report.succeeded
    assert lines["answer"] == "200 with the service point"
    assert set(lines) >= {"participant", "address", "mode", "certificate", "password", "latency", "clock"}
    assert PLAIN not in str(report)
    wrong = retailer.credentials(secret="Wrong-Passw0rd")
    report = await check(retailer.client, wrong, PLAIN, frozenset(), SystemClock())
    assert not report.succeeded
    assert "401" in dict(report.lines)["answer"]
    assert "Wrong-Passw0rd" not in str(report)
