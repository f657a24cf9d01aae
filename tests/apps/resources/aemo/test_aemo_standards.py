"""Answers from AEMO follow the official definitions, also where AEMO itself deviates from them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tenants.operations.endpoints import ENDPOINTS
from tests.apps.resources.aemo.conftest import Shared
from tests.support.aemo import ARRAYS, ScriptedHub, UsageOfHub, of_path, read_of, refusal
from tests.support.operations import requests
from tests.support.standards import FOLDER_VARIABLE, Standards

OPERATIONS = [each for each in ENDPOINTS if each.resource is not None and each.resource.belongs_to == "service-point"]


@pytest.fixture(scope="module")
def standards() -> Standards:
    if FOLDER_VARIABLE not in os.environ:
        pytest.skip(f"{FOLDER_VARIABLE} does not name the folder of the official definitions")
    return Standards(Path(os.environ[FOLDER_VARIABLE]))


def deviating(path: str, nmi: str) -> Mapping[str, Any]:
    """Return an item without what AEMO sometimes does not have (C-D1, C-D4)."""
    found = of_path(path, nmi)
    if path.endswith("/der"):
        return {**found, "approvedCapacity": None, "installedPhasesCount": None, "islandableInstallation": "false"}
    return {**found, "distributionLossFactor": None, "meters": None} if path.endswith("{nmi}") else found


@pytest.mark.parametrize("form", ["NONE", "MIN_30", "FULL"])
async def test_the_answers_of_every_operation_follow_the_official_definitions(
    hub: ScriptedHub, shared: Shared, usage: UsageOfHub, standards: Standards, form: str
) -> None:
    usage.read = lambda nmi, day, suffix, _: {
        **read_of(nmi, day, suffix, **ARRAYS.get(form, {})),
        "registerSuffix": None,
    }
    hub.item = deviating
    known = {"service-point": await shared.ids()}
    asked = 0
    for endpoint in OPERATIONS:
        parameters = {"interval-reads": form} if "usage" in endpoint.path else {}
        for path, options in requests(endpoint, known):
            response = await shared.get(path, params=parameters, **options)
            assert response.status_code == 200, response.text
            version = int(response.headers["x-v"])
            assert standards.violations(endpoint.operation, version, response.json()) == [], endpoint.operation
            asked += 1
    assert asked > len(OPERATIONS)


@pytest.mark.parametrize("status", [404, 429, 500])
async def test_the_errors_of_every_operation_follow_the_official_definitions(
    hub: ScriptedHub, shared: Shared, standards: Standards, status: int
) -> None:
    """The definitions name the statuses of the content only. The others are those of the error catalogue."""
    known = {"service-point": await shared.ids()}
    hub.answer = lambda _: (status, refusal("InvalidSP-1", shared.nmis[0]))
    for endpoint in (each for each in OPERATIONS if each.ids_in == "path"):
        path, options = next(requests(endpoint, known))
        response = await shared.get(path, **options)
        assert response.status_code == {404: 404, 429: 429, 500: 503}[status]
        if response.status_code == 404:
            assert standards.violations_of_error(endpoint.operation, 404, response.json()) == []
        else:
            (error,) = response.json()["errors"]
            assert error.keys() == {"code", "title", "detail", "isSecondaryDataHolderError"}
