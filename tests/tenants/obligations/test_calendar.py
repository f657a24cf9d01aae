"""The obligation calendar: its table, where each row stands, the warning, and its document."""

import logging
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tenants.obligations.calendar import OTHER, obligations
from tenants.obligations.document import document
from tenants.obligations.models import WARNING_PERIOD, Obligation
from tenants.obligations.service import standings, warn_of
from tenants.operations.endpoints import ENDPOINTS
from tenants.registry.models import App, TenantSettings

DOCUMENT = Path(__file__).parents[3] / "docs" / "obligations.md"
WRITTEN = date(2026, 11, 27)
APP = TenantSettings(app=App(issuer="app", jwks_uri="https://app.test/jwks"))
AEMO = TenantSettings(market_source="aemo")


def tenant(slug: str, settings: TenantSettings) -> Any:
    return SimpleNamespace(slug=slug, settings=settings)


TENANTS = [tenant("plain", TenantSettings()), tenant("app", APP), tenant("aemo", AEMO)]


def test_the_document_agrees_with_the_table() -> None:
    """If this fails, run `python -m tenants.obligations.document > docs/obligations.md`."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_the_ids_are_unique_and_the_versions_come_from_the_endpoint_table() -> None:
    ids = [each.id for each in obligations()]
    assert len(set(ids)) == len(ids)
    for endpoint in ENDPOINTS:
        for version in endpoint.versions:
            if version.payload is None and version.retired_from is not None:
                assert version.retired_from < WRITTEN  # nobody can demand it
                continue
            (row,) = (each for each in obligations() if each.id == f"versions-bound-{version.binding_from}")
            assert f"{endpoint.name} {version.number}" in row.what
    assert not any(word in each.what for each in OTHER for word in ("Get Energy", "Get Billing", "Get Usage"))


@pytest.mark.parametrize(
    ("identifier", "day", "touched"),
    [
        ("redirect-to-app", date(2027, 5, 10), ["app"]),
        ("aemo-service-points-v2-may-end", date(2027, 6, 14), ["aemo"]),
        ("register-stops-get-metrics-v5", date(2027, 12, 10), ["plain", "app", "aemo"]),
        ("versions-retired-2026-03-16", date(2026, 3, 16), ["plain", "app", "aemo"]),
    ],
)
def test_what_is_coming_touches_the_tenants_that_it_is_about(identifier: str, day: date, touched: list[str]) -> None:
    (found,) = (each for each in standings(WRITTEN, TENANTS) if each.id == identifier)
    assert (found.day, found.tenants) == (day, touched)
    assert found.state == ("owed" if day <= WRITTEN else "coming")


@pytest.mark.parametrize(
    ("before", "state", "warned"),
    [
        (WARNING_PERIOD + timedelta(days=1), "coming", 0),
        (WARNING_PERIOD, "due-soon", 1),
        (timedelta(0), "owed", 1),
        (timedelta(days=-400), "owed", 1),
    ],
)
def test_a_warning_is_logged_from_90_days_before_if_it_touches_a_tenant_and_is_not_met(
    caplog: pytest.LogCaptureFixture, before: timedelta, state: str, warned: int
) -> None:
    day = date(2027, 5, 10)
    due = Obligation(id="due", day=day, what="", source="", touches=lambda settings: settings.app is not None)
    met = Obligation(id="met", day=day, what="", source="", met_by="code")
    undated = Obligation(id="undated", day=None, what="", source="")
    with caplog.at_level(logging.WARNING, "tenants.obligations.service"):
        assert warn_of(day - before, TENANTS, [due, met, undated]) == warned
        assert warn_of(day - before, TENANTS[:1], [due]) == 0
    assert due.state(day - before) == state
    assert [(record.message, record.obligation, record.touched) for record in caplog.records] == [  # type: ignore[attr-defined]
        ("obligation.due", "due", ["app"])
    ] * warned
