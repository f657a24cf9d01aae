"""`haas obligations`: the tenants of a deployment, JSON, and the exit status for a build."""

import json

import pytest

from tests.support.commands import Haas, command_runner


@pytest.mark.usefixtures("kestrel")
async def test_the_obligations_are_listed_with_the_tenants_that_they_touch(haas: Haas) -> None:
    listed = await haas("obligations")
    assert listed.exit_code == 0
    assert "redirect-to-app" in listed.stdout
    of_kestrel = json.loads((await haas("obligations", "--json", "--tenant", "kestrel")).stdout)
    assert {"register-stops-get-metrics-v5", "versions-bound-2025-11-10"} <= {each["id"] for each in of_kestrel}
    assert "redirect-to-app" not in {each["id"] for each in of_kestrel}
    assert all(each["tenants"] == ["kestrel"] for each in of_kestrel)


async def test_the_exit_status_says_whether_something_is_due_and_not_met() -> None:
    haas = command_runner({})
    without = ("obligations", "--without-tenants", "--check", "--json")
    early, late = [await haas(*without, "--on", day) for day in ("2027-03-01", "2027-05-10")]
    assert early.exit_code == 1  # Redirect to App is due within 90 days
    assert late.exit_code == 1
    assert (await haas(*without, "--on", "2024-01-01")).exit_code == 0
    states = {each["id"]: each["state"] for each in json.loads(late.stdout)}
    assert states["redirect-to-app"] == "owed"
    assert states["aemo-service-points-v2-may-end"] == "due-soon"
    assert states["fapi-2"] == "no-date"
    refused = await haas("obligations", "--without-tenants", "--tenant", "kestrel")
    assert refused.exit_code == 2
