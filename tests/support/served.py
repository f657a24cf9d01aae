"""Operations that the product does not implement yet, served in a test."""

import pytest

from tenants.operations import endpoints
from tenants.operations.models import Endpoint
from tenants.payloads.status_v1 import CommonDiscoveryStatus


def with_newest_version_served(endpoint: Endpoint) -> Endpoint:
    """Return the same endpoint of the table with its newest version served."""
    *older, newest = endpoint.versions
    return endpoint._replace(versions=(*older, newest._replace(payload=CommonDiscoveryStatus)))


def serve(monkeypatch: pytest.MonkeyPatch, *scopes: str) -> None:
    """Change the endpoint table until the end of the test: serve every operation that needs one of `scopes`."""
    table = tuple(
        with_newest_version_served(endpoint) if endpoint.scope in scopes else endpoint
        for endpoint in endpoints.ENDPOINTS
    )
    monkeypatch.setattr(endpoints, "ENDPOINTS", table)


def serve_nothing_with(monkeypatch: pytest.MonkeyPatch, *scopes: str) -> None:
    """Change the endpoint table until the end of the test: serve no operation that needs one of `scopes`."""
    table = tuple(
        endpoint._replace(versions=tuple(version._replace(payload=None) for version in endpoint.versions))
        if endpoint.scope in scopes
        else endpoint
        for endpoint in endpoints.ENDPOINTS
    )
    monkeypatch.setattr(endpoints, "ENDPOINTS", table)
