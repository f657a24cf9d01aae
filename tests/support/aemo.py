"""A brand that asks AEMO, and answers in place of those of AEMO's e-Hub."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy import select

from ops.deployment import Deployment
from ops.pki.authority import Authority, Validity, chain_pem, name, new_root
from ops.pki.keys import key_to_pem, new_key
from tenants.market import service, store
from tenants.market.models import MarketEnvironment, Participant, ParticipantKey, Secrets
from tenants.registry.models import NewTenant, Tenant, TenantSettings
from tenants.registry.names import console_namespace
from tenants.registry.tables import brand
from tests.support.https_server import DOMAIN, HttpsServer, ReceivedRequest

HUB = f"ehub.{DOMAIN}"
BASE = "/NEMRetail/cds-au/v1/secondary/energy"
POINT: Mapping[str, Any] = {
    "servicePointClassification": "SMALL",
    "servicePointStatus": "ACTIVE",
    "jurisdictionCode": "VIC",
    "validFromDate": "2025-07-01",
    "lastUpdateDateTime": "2026-06-30T02:00:00Z",
}


_VALIDITY: Final = Validity.starting(datetime.now(UTC), timedelta(days=1095))


@cache
def _authority_and_key() -> tuple[Authority, RSAPrivateKey]:
    return new_root(name("AEMO-ICA-TEST G1"), _VALIDITY), new_key()


def client_certificate() -> tuple[str, str]:
    """Return a new certificate with its key, both in PEM, such as AEMO's authority signs."""
    authority, key = _authority_and_key()
    certificate = authority.sign_client(name("participant"), key.public_key(), _VALIDITY)
    return chain_pem([certificate]).decode(), key_to_pem(key).decode()


async def brand_of_aemo(deployment: Deployment, keys: Any, slug: str, **settings: Any) -> Tenant:
    """Create a tenant whose market source is AEMO."""
    new = NewTenant(
        slug=slug,
        name=slug.title(),
        retailer=f"{slug} Pty Ltd",
        register_environment_id="sandbox",
        register_brand_id=slug,
        settings=TenantSettings(market_source="aemo", **settings),
    )
    return await deployment.provisioner.create(new, actor="tests", signing_keys=keys)


async def add_participant(
    deployment: Deployment,
    tenant: Tenant,
    participant_id: str,
    base_uri: str,
    *,
    environment: MarketEnvironment = "pre-production",
    secret: str = "Passw0rd-of-URM",  # noqa: S107 - of the tests
    changed_at: datetime | None = None,
    **changes: Any,
) -> ParticipantKey:
    """Add a participant with the mode `basic`, and assign it to a tenant."""
    certificate, private_key = changes.pop("certificate", None) or client_certificate()
    key = ParticipantKey(participant_id, environment)
    async with deployment.operator.transaction(console_namespace(deployment.settings)) as tx:
        retailer: UUID = (await tx.execute(select(brand.c.retailer_id).where(brand.c.id == tenant.id))).scalar_one()
        values = {
            "id": key,
            "retailer_id": retailer,
            "base_uri": base_uri,
            "mode": "basic",
            "username": f"{participant_id}CDR",
            "certificate": certificate,
            **changes,
        }
        secrets = Secrets(secret=secret, key=private_key)
        now = changed_at or deployment.clock.now()
        await service.put(tx, deployment.sealer, Participant(**values), secrets, now)
        await store.assign(tx, tenant.id, key)
    return key


async def remove_participants(deployment: Deployment, tenant: Tenant) -> None:
    """Unassign and delete the participants of a tenant."""
    async with deployment.operator.transaction(console_namespace(deployment.settings)) as tx:
        for key in await store.participants_of_brand(tx, tenant.id):
            await store.unassign(tx, tenant.id, key)
            await store.remove(tx, key)


class ScriptedHub:
    """Answers in place of AEMO's e-Hub, at an HTTPS server of the tests. A test replaces the items or the answer.

    The server does not ask for the client certificate. The tests of the client and of the sandbox's e-Hub do.
    """

    def __init__(self, web: HttpsServer) -> None:
        self._web = web
        self.base_uri = f"{web.origin('ehub')}{BASE}"
        self.answer: Callable[[ReceivedRequest], tuple[int, object]] = self.items
        self.item: Callable[[str, str], Mapping[str, Any] | None] = of_path
        self.requests: list[ReceivedRequest] = []
        web.answer = self._answered

    def _answered(self, request: ReceivedRequest) -> tuple[int, bytes]:
        if not request.host.startswith("ehub."):
            return 204, b""
        self.requests.append(request)
        status, answer = self.answer(request)
        return status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def items(self, request: ReceivedRequest) -> tuple[int, object]:
        """Answer with one item for each NMI of the request."""
        path = request.path.partition("?")[0].removeprefix(BASE)
        if request.method == "GET":
            nmi = path.split("/")[3]
            item = self.item(path.replace(nmi, "{nmi}"), nmi)
            return (404, {"errors": []}) if item is None else (200, {"data": item, "links": {}, "meta": {}})
        items = [self.item(path, nmi) for nmi in nmis_of(request)]
        return 200, listed(path, [item for item in items if item is not None])

    def batches(self) -> list[list[str]]:
        """Return the NMIs of each POST request."""
        return [nmis_of(request) for request in self.requests if request.method == "POST"]


def of_path(path: str, nmi: str) -> dict[str, Any]:
    """Return an item that follows the standards."""
    if path.endswith("/der"):
        return {
            "servicePointId": nmi,
            "approvedCapacity": 5,
            "availablePhasesCount": 1,
            "installedPhasesCount": 1,
            "islandableInstallation": False,
            "acConnections": [],
        }
    found = {"servicePointId": nmi, "nationalMeteringId": nmi, **POINT}
    if path.endswith("{nmi}"):
        found |= {
            "distributionLossFactor": {"code": "NLV1", "description": "Low voltage", "lossValue": "1.0523"},
            "relatedParticipants": [{"party": "FRMP", "role": "FRMP"}],
            "location": {
                "addressUType": "simple",
                "simple": {"addressLine1": "1 A St", "city": "Carlton", "state": "VIC", "postcode": "3053"},
            },
        }
    return found


def read_of(nmi: str, day: date, suffix: str = "E1", **changes: Any) -> dict[str, Any]:
    """Return a read of one day, as `interval-reads=NONE` gives it. `changes` are of the interval read."""
    return {
        "servicePointId": nmi,
        "registerId": suffix,
        "registerSuffix": suffix,
        "readStartDate": day.isoformat(),
        "unitOfMeasure": "kWh",
        "readUType": "intervalRead",
        "intervalRead": {"aggregateValue": 24.0, **changes},
    }


class UsageOfHub:
    """Answers usage with reads of each day of the window and each register, page by page as AEMO does."""

    def __init__(self, suffixes: Sequence[str] = ("E1",)) -> None:
        self.suffixes = suffixes
        self.read: Callable[[str, date, str, str], dict[str, Any]] = lambda nmi, day, suffix, form: read_of(
            nmi, day, suffix, **ARRAYS.get(form, {})
        )

    def __call__(self, request: ReceivedRequest) -> tuple[int, object]:
        path, _, query = request.path.partition("?")
        asked = dict(parse_qsl(query))
        nmis = [path.split("/")[-2]] if request.method == "GET" else nmis_of(request)
        first, last = date.fromisoformat(asked["oldest-date"]), date.fromisoformat(asked["newest-date"])
        nmis, days, registers = sorted(nmis), (last - first).days + 1, len(self.suffixes)
        total = len(nmis) * days * registers
        page, size = int(asked.get("page", "1")), int(asked["page-size"])
        reads = [
            self.read(
                nmis[number // registers // days],
                last - timedelta(days=number // registers % days),
                self.suffixes[number % registers],
                asked["interval-reads"],
            )
            for number in range((page - 1) * size, min(page * size, total))
        ]
        answer = listed("/usage", reads, totalRecords=total)
        if page * size < total:
            answer["links"]["next"] = f"https://aemo.test/usage?page={page + 1}&page-size={size}&continuation-token=t"
        return 200, answer


ARRAYS: Final[Mapping[str, Mapping[str, Any]]] = {
    "MIN_30": {"readIntervalLength": 30, "intervalReads": [0.5] * 48, "readQualities": []},
    "FULL": {"readIntervalLength": 5, "intervalReads": [0.125, -1.5e-3, 2] * 96},
}


def listed(path: str, items: Sequence[Mapping[str, Any]], **meta: Any) -> dict[str, Any]:
    """Return an answer with a list of items on one page."""
    member = "derRecords" if path.endswith("/der") else "reads" if path.endswith("/usage") else "servicePoints"
    return {
        "data": {member: list(items)},
        "links": {"self": "https://aemo.test/self"},
        "meta": {"totalRecords": len(items), "totalPages": 1, **meta},
    }


def nmis_of(request: ReceivedRequest) -> list[str]:
    """Return the NMIs of the body of a request."""
    found: list[str] = json.loads(request.body)["data"]["servicePointIds"]
    return found


def refusal(code: str, detail: str = "", title: str = "Refused") -> dict[str, Any]:
    """Return an answer with an error of AEMO."""
    return {"errors": [{"code": code, "title": title, "detail": detail}]}
