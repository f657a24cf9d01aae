"""A brand whose market source is AEMO, with a hub that the tests script."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest

from tenants.provisioning.tenant_changes import TenantChange
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.aemo import ScriptedHub, UsageOfHub, add_participant, brand_of_aemo, remove_participants
from tests.support.application import Application
from tests.support.demonstration import load_customers
from tests.support.service_points import ServicePoints

POINTS = "/energy/electricity/servicepoints"
DER = f"{POINTS}/der"
USAGE = f"{POINTS}/usage"
PREFIX = "urn:au-cds:error:"
UNAVAILABLE_POINT = f"{PREFIX}cds-energy:Authorisation/UnavailableServicePoint"
_numbers: Iterator[int] = count(1)
_participants: Iterator[int] = count(1)


def new_nmi() -> str:
    """Return an NMI that no other service point of the tests has. A later one is greater."""
    return f"41{next(_numbers):08}"


def new_participant() -> str:
    """Return a participant id that no other test uses, so that its limits are those of a new participant."""
    return f"HERON{next(_participants)}"


@pytest.fixture(scope="module")
async def brand(application: Application, signing_keys: Any) -> Brand:
    """A brand of AEMO for this module."""
    tenant = await brand_of_aemo(application.deployment, next(signing_keys), f"heron-{next(_numbers)}")
    application._forget_tenants()
    await load_customers(application, tenant)
    return Brand(application, tenant)


@pytest.fixture
def hub(application: Application) -> Iterator[ScriptedHub]:
    yield ScriptedHub(application.web)
    application.web.answer = lambda _: (204, b"")


@pytest.fixture
async def participant(brand: Brand, hub: ScriptedHub) -> AsyncIterator[str]:
    """The brand's only participant at AEMO. No other test has its id, so its limits are those of a new participant."""
    participant_id = new_participant()
    await assign(brand, participant_id, hub.base_uri)
    yield participant_id
    await remove_participants(brand.application.deployment, brand.tenant)
    forget(brand)


async def assign(brand: Brand, participant_id: str, base_uri: str, **changes: Any) -> None:
    await add_participant(brand.application.deployment, brand.tenant, participant_id, base_uri, **changes)
    forget(brand)


def forget(brand: Brand) -> None:
    """Let the application read the participants of the brand again; otherwise it keeps them for five seconds."""
    brand.application.services._market._participants._cache.forget(brand.tenant.id)


@pytest.fixture
def points(brand: Brand) -> ServicePoints:
    return ServicePoints(brand.application.database, brand.tenant, brand.application.now)


@asynccontextmanager
async def changed_settings(brand: Brand, **changes: str) -> AsyncIterator[None]:
    """Serve the brand with other settings until the block ends."""
    before = {name: getattr(brand.tenant.settings, name) for name in changes}
    for market in (changes, before):
        change = TenantChange(market=market)
        await brand.application.deployment.administration.change(
            brand.tenant.slug, change, actor="tests", check_theme=lambda _, __: None
        )
        brand.application._forget_tenants()
        if market is changes:
            yield


class Shared:
    """A consumer's consent, with service points of the account."""

    def __init__(self, sharing: Sharing, nmis: list[str], internal: list[UUID]) -> None:
        self.sharing, self.nmis, self.internal = sharing, nmis, internal

    async def get(self, path: str = POINTS, **options: Any) -> httpx.Response:
        return await self.sharing.get(path, **options)

    async def post(self, path: str, ids: list[str], **options: Any) -> httpx.Response:
        body = json.dumps({"data": {"servicePointIds": ids}}).encode()
        headers = {"Content-Type": "application/json"}
        return await self.sharing.get(path, method="POST", content=body, headers=headers, **options)

    async def ids(self) -> list[str]:
        return await self.sharing.point_ids()


@pytest.fixture
async def shared(sharing: Sharing, points: ServicePoints, participant: str) -> Shared:
    """Three service points of one account."""
    return await with_points(sharing, points, 3)


async def with_points(sharing: Sharing, points: ServicePoints, number: int) -> Shared:
    nmis = [new_nmi() for _ in range(number)]
    return Shared(sharing, nmis, [await points.add(nmi, sharing.consumer.account_ids[0]) for nmi in nmis])


def errors_of(response: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = response.json()["errors"]
    return found


def assert_no_nmi(shared: Shared, *texts: object) -> None:
    for text in map(str, texts):
        assert [nmi for nmi in shared.nmis if nmi in text] == []


def forget_answers(brand: Brand) -> None:
    brand.application.services._market._answers._entries.clear()


@pytest.fixture
def usage(hub: ScriptedHub) -> UsageOfHub:
    """Reads of every day that is asked for."""
    made = UsageOfHub()
    hub.answer = lambda request: made(request) if "/usage" in request.path else hub.items(request)
    return made
