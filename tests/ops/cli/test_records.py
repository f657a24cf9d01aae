"""`haas complaint`, `correction`, `records`, `report` and `retention`, run as an operator runs them."""

import re
import stat
from pathlib import Path

import msgspec

from haas.clock import MovableClock
from haas.database import Database
from tenants.registry.models import Tenant
from tests.support.commands import Haas
from tests.support.customers import CustomerData


async def test_the_records_of_a_consumer_are_kept_reported_and_given_out(
    *, haas: Haas, database: Database, tenant: Tenant, clock: MovableClock, tmp_path: Path
) -> None:
    login_id, _ = await CustomerData(database, tenant, clock.now).add_login()
    customer_id = await CustomerData(database, tenant, clock.now).add_customer("Mia Wong", login_id, reference="C-77")
    slug = tenant.slug

    async def made(*arguments: str) -> str:
        """Run a command that makes a record; return its id."""
        done = await haas(*arguments)
        assert done.exit_code == 0, done.output
        found = re.search(r"[0-9a-f-]{36}", done.output)
        assert found is not None
        return found[0]

    complaint = await made("complaint", "receive", slug, "--type", "consent", "--customer", "C-77")
    assert complaint in (await haas("complaint", "list", slug)).output
    await made("complaint", "refer", slug, complaint)
    await made("complaint", "resolve", slug, complaint, "--outcome", "Solved.", "--by-ombudsman")
    assert complaint not in (await haas("complaint", "list", slug)).output

    correction = await made(
        "correction", "receive", slug, "--customer", "C-77", "--data", "billing", "--channel", "web"
    )
    assert correction in (await haas("correction", "list", slug)).output
    await made("correction", "acknowledge", slug, correction)
    refused = await haas("correction", "decide", slug, correction, "refused", "--told-by", "email")
    assert (refused.exit_code, "reasons" in refused.output) == (1, True)
    await made("correction", "decide", slug, correction, "corrected", "--told-by", "email")

    request = await made("records", "request", slug, "--customer", "C-77", "--channel", "phone")
    assert request in (await haas("records", "list", slug)).output
    page, data = tmp_path / "records.html", tmp_path / "records.json"
    assert (await haas("records", "pack", slug, request, str(page))).exit_code == 0
    assert (await haas("records", "pack", slug, request, str(data), "--json")).exit_code == 0
    assert "Mia Wong" in page.read_text()
    assert msgspec.json.decode(data.read_bytes())["corrections"][0]["decision"] == "corrected"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (page, data)} == {0o600}
    await made("records", "deliver", slug, request, "--channel", "post")
    assert request not in (await haas("records", "list", slug)).output
    assert (await haas("records", "request", slug, "--customer", "nobody", "--channel", "phone")).exit_code == 1

    period = f"{clock.now().astimezone(tenant.time_zone).year}-H{1 if clock.now().month < 7 else 2}"
    report = msgspec.json.decode((await haas("report", "9.4", slug, "--period", period, "--json")).output)
    assert report["complaints"]["by_type"] == {"consent": 1}
    assert "consent: 1" in (await haas("report", "9.4", slug, "--period", period)).output
    assert (await haas("report", "9.4", slug, "--period", "2026")).exit_code == 1

    hold = await made("retention", "hold", slug, "--customer", "C-77", "--reason", "A proceeding.")
    assert f"customer {customer_id}" in (await haas("retention", "holds", slug)).output
    await made("retention", "release", slug, hold, "--reason", "It is over.")
    assert "There are no" not in (await haas("retention", "holds", slug)).output
    assert (await haas("retention")).output.startswith("# Retention")
