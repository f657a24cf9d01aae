"""Which version of an operation answers a request, and when a version is no longer served."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from apps.resources.steps import negotiate_the_version
from tenants.cds.errors import CdsError
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Version
from tenants.payloads.status_v1 import CommonDiscoveryStatus
from tenants.registry.models import TenantSettings

OLD = Version(1, date(2022, 11, 15), date(2026, 3, 16), CommonDiscoveryStatus)
NEW = Version(2, date(2025, 11, 10), payload=CommonDiscoveryStatus)
LAST_SECOND = datetime(2026, 3, 15, 12, 59, 59, tzinfo=UTC)  # 23:59:59 in Sydney


def call(now: datetime, *, serves_retired: bool = False, **headers: str) -> Any:
    """Return a call at a moment. `serves_retired` says whether the tenant serves retired versions."""
    tenant = SimpleNamespace(settings=TenantSettings(serves_retired_versions=serves_retired))
    return SimpleNamespace(
        endpoint=ENDPOINTS[0]._replace(versions=(OLD, NEW)),
        context=SimpleNamespace(now=now, tenant=tenant),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({"x_v": "1"}, OLD),
        ({"x_v": "2"}, NEW),
        ({"x_v": "9", "x_min_v": "1"}, NEW),
        ({"x_v": "1", "x_min_v": "9"}, OLD),
    ],
)
def test_both_versions_are_served_until_the_day_of_retirement_in_sydney(
    headers: dict[str, str], version: Version
) -> None:
    made = call(LAST_SECOND, **headers)
    negotiate_the_version(made)
    assert made.version is version


def test_a_retired_version_is_served_only_if_the_tenant_serves_retired_versions() -> None:
    """C-V5: for recipients that still ask for it."""
    retired = LAST_SECOND.replace(hour=13)
    with pytest.raises(CdsError, match=r"UnsupportedVersion: supported: 2$"):
        negotiate_the_version(call(retired, x_v="1"))
    permitted = call(retired, serves_retired=True, x_v="1")
    negotiate_the_version(permitted)
    assert permitted.version is OLD
