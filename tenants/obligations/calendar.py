"""The table of the obligations. A new one is a row here, or a version in the endpoint table.

The obligations of versions are not written here: they are made from the endpoint table, which is their only source.
Read the future-dated obligations again at every release of the standards.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from tenants.obligations.models import Obligation
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Endpoint, Version
from tenants.registry.models import TenantSettings

_FUTURE_DATED: Final = "CDS 1.36.0, Future Dated Obligations"
_SCHEDULE: Final = "CDS, Endpoint Version Schedule"
_STAGING: Final = "draft of the standards, not in 1.36.0"


def _has_app(settings: TenantSettings) -> bool:
    return settings.app is not None


def _uses_aemo(settings: TenantSettings) -> bool:
    return settings.market_source == "aemo"


OTHER: Final = (
    Obligation(
        id="secondary-data-holder-errors",
        day=date(2023, 5, 15),
        what="Errors of AEMO are marked with isSecondaryDataHolderError.",
        source=_FUTURE_DATED,
        who="data holders whose service points, usage and DER come from AEMO",
        touches=_uses_aemo,
        met_by="`tenants/cds/errors.py`",
    ),
    Obligation(
        id="get-metrics-v5",
        day=date(2024, 5, 13),
        what="Get Metrics v5 is served. From 12 May 2025 on, it counts all responses with 4xx and 5xx.",
        source=_FUTURE_DATED,
        met_by="`tenants/metrics`",
    ),
    Obligation(
        id="tls-ciphers",
        day=date(2025, 3, 17),
        what="Only the ciphers of BCP 195 are offered.",
        source=_FUTURE_DATED,
        met_by="`ops/proxy/nginx.conf.j2`",
    ),
    Obligation(
        id="code-flow-only",
        day=date(2025, 5, 12),
        what="Only the authorization code flow is offered, and a refresh token expires when the sharing ends.",
        source=_FUTURE_DATED,
        met_by="`tenants/consent/request_object.py`, `tenants/tokens/issue.py`",
    ),
    Obligation(
        id="no-unasked-jarm-encryption",
        day=date(2025, 11, 10),
        what="An authorisation response is encrypted only if the data recipient has asked for it.",
        source=_FUTURE_DATED,
        met_by="`tenants/consent/authorisation_response.py`",
    ),
    Obligation(
        id="last-consumer-change-date",
        day=date(2025, 11, 10),
        what="Usage is disclosed by the last consumer change date.",
        source=_FUTURE_DATED,
        met_by="`tenants/disclosure/windows.py`",
    ),
    Obligation(
        id="redirect-to-app",
        day=date(2027, 5, 10),
        what="Redirect to App, and the revised authentication flows: the consent flow goes on in the app.",
        source=f"{_FUTURE_DATED}: Redirect to App, Authentication Flows",
        who="data holders that provide an app",
        touches=_has_app,
    ),
    Obligation(
        id="aemo-service-points-v2-may-end",
        day=date(2027, 6, 14),
        what="After this day AEMO may stop serving version 2 of Get Service Points and Get Service Point Detail.",
        source=_STAGING,
        who="data holders whose service points, usage and DER come from AEMO",
        touches=_uses_aemo,
        is_announced=False,
    ),
    Obligation(
        id="register-stops-get-metrics-v5",
        day=date(2027, 12, 10),
        what="The Register stops calling Get Metrics v5, so a version 6 must be served before.",
        source=_STAGING,
        is_announced=False,
    ),
    Obligation(
        id="fapi-2",
        day=None,
        what="FAPI 2.0.",
        source=f"{_STAGING} (standards/210)",
        is_announced=False,
    ),
    Obligation(
        id="authentication-uplift-2",
        day=None,
        what="The second part of the authentication uplift: error messages and identifiers.",
        source=f"{_STAGING} (standards/374)",
        is_announced=False,
    ),
)
"""The obligations that are not about a version of an operation."""


def obligations(endpoints: Iterable[Endpoint] = ENDPOINTS, others: Iterable[Obligation] = OTHER) -> list[Obligation]:
    """Return all obligations in the order of their days. Those without a day are the last ones."""
    found = [*others, *_of_versions(endpoints)]
    return sorted(found, key=lambda each: (each.day or date.max, each.id))


def _of_versions(endpoints: Iterable[Endpoint]) -> Iterator[Obligation]:
    """Yield, for each day, the versions that must be served from it on, and those that need not be served any more."""
    bound: dict[date, list[tuple[Endpoint, Version]]] = defaultdict(list)
    retired: dict[date, list[tuple[Endpoint, Version]]] = defaultdict(list)
    for endpoint in endpoints:
        for version in endpoint.versions:
            if version.retired_from is not None and version.payload is None:
                continue  # it was retired before this program existed
            bound[version.binding_from].append((endpoint, version))
            if version.retired_from is not None:
                retired[version.retired_from].append((endpoint, version))
    for day, versions in bound.items():
        yield Obligation(
            id=f"versions-bound-{day}",
            day=day,
            what=f"These versions are served: {_named(versions)}.",
            source=_SCHEDULE,
            met_by="`tenants/operations/endpoints.py`" if all(version.payload for _, version in versions) else None,
        )
    for day, versions in retired.items():
        yield Obligation(
            id=f"versions-retired-{day}",
            day=day,
            what=f"These versions need not be served any more: {_named(versions)}.",
            source=_SCHEDULE,
            who="every data holder; the switch `serves_retired_versions` keeps them on",
            met_by="`tenants/operations/models.py`",
        )


def _named(versions: Iterable[tuple[Endpoint, Version]]) -> str:
    return ", ".join(f"{endpoint.name} {version.number}" for endpoint, version in versions)
