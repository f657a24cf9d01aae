"""A tiny measurement on a stack of its own: what is asked, and the form of the report. Times are not checked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haas.progress import NO_PROGRESS
from ops.bench.command import WITHOUT_LIMIT
from ops.bench.data.report import lines
from ops.bench.data.run import COMPARED, DataOptions, DataResults, measure
from ops.bench.data.sizes import Sizes
from ops.demonstration import set_up_from_store
from ops.stack.embedded import running
from ops.stack.options import PATIENT, Options
from tenants.operations.endpoints import ENDPOINTS
from tests.support.deployments import real_servers

OPTIONS = DataOptions(
    sizes=Sizes(customers=4, accounts=30, points=10, months=1), tenants=3, seconds=0.02, connections=2
)


@pytest.fixture(scope="module")
async def results(state_folder: Path) -> AsyncIterator[DataResults]:
    servers = await real_servers("data")
    options = Options(
        state=state_folder / "bench-data", port=0, durable=False, variables=PATIENT | WITHOUT_LIMIT, **servers
    )
    async with running(options, set_up_from_store) as stack:
        yield await measure(stack, OPTIONS, NO_PROGRESS)


def test_every_data_operation_is_answered_at_both_page_sizes(results: DataResults) -> None:
    # Any other status than 200 and 503 ends the measurement with an error.
    measured = {call.row.operation: call.row.measured for call in results.calls}
    for endpoint in ENDPOINTS:
        if endpoint.scope is not None:
            of_endpoint = [name for name in measured if name == endpoint.name or name.startswith(f"{endpoint.name}, ")]
            page_sizes = {name.rpartition(", ")[2] for name in of_endpoint}
            assert page_sizes == ({"25", "1,000"} if endpoint.paginated else {endpoint.name})
    assert {call.too_busy for call in measured.values()} == {0}
    assert all(call.latencies for call in measured.values())


def test_a_page_of_1000_has_more_bytes_than_a_page_of_25(results: DataResults) -> None:
    size = {
        call.row.operation: call.row.measured.received_bytes / len(call.row.measured.latencies)
        for call in results.calls
    }
    for name in ("Get Energy Accounts", "Get Bulk DER", "Get Bulk Billing", "Get Bulk Usage, FULL"):
        assert size[f"{name}, 1,000"] > size[f"{name}, 25"], name
    assert size["Get Bulk Usage, FULL, 25"] > 5 * size["Get Bulk Usage, NONE, 25"]


def test_all_reads_of_a_service_point_are_timed_in_three_forms(results: DataResults) -> None:
    size = {each.form: each.measured.received_bytes / len(each.measured.latencies) for each in results.streams}
    assert size["FULL"] > size["MIN_30"] > size["NONE"] > 30 * 200
    for stream in results.streams:
        assert 0 < min(stream.measured.first_bytes) <= max(stream.measured.first_bytes)
        assert stream.highest.keys() == results.memory["idle"].keys() >= {"app", "nginx", "postgres", "valkey"}


def test_the_same_operations_are_measured_with_one_and_with_many_tenants(results: DataResults) -> None:
    for rows in (results.one_tenant, results.many_tenants):
        assert {row.operation for row in rows} == set(COMPARED)
        assert all(row.measured.latencies and not row.measured.too_busy for row in rows)


def test_the_report_has_tables_whose_rows_have_one_width_and_a_verdict_for_each_budget(results: DataResults) -> None:
    report = list(lines(results, OPTIONS))
    tables = "\n".join(report).split("\n\n")
    rows = [table.splitlines() for table in tables if table.startswith("|")]
    assert len(rows) == 4
    for table in rows:
        assert len({len(row) for row in table}) == len({row.count("|") for row in table}) == 1
    assert {"requests/s", "p50 ms", "p95 ms", "p99 ms", "MB/s"} <= {cell.strip() for cell in rows[0][0].split("|")}
    assert [row.split("|")[1].strip() for row in rows[3][2:]] == [*results.memory]
    verdicts = tables[-1].splitlines()
    assert len(verdicts) == 1 + 2 * 3 + len(COMPARED)
    assert all(line.endswith((": met", ": NOT MET")) for line in verdicts)
