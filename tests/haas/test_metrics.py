"""The metrics of a process: what they cost, how many labels they have, and where they are answered."""

import asyncio
import stat
import time
import timeit
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from haas.local_listener import UNIX
from haas.metrics import OTHER, Counts, Durations, Source, TenantLabels, metrics_listener
from haas.settings import ApplicationSettings, SettingsError

MICROSECONDS_PER_REQUEST = 5.0


async def asked(address: str, path: str = "/metrics") -> tuple[int, str]:
    reader, writer = await asyncio.open_unix_connection(address.removeprefix(UNIX))
    writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body.decode()


def series(text: str) -> dict[tuple[str, ...], float]:
    """Return the values by the name and the values of the labels, in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_what_was_counted_is_answered_to_the_own_user_only(tmp_path: Path) -> None:
    address = f"{UNIX}{tmp_path / 'metrics'}"
    requests = Counts("asked", "Text.", ("surface", "status"), [("admin", "2xx")])
    times = Durations("took", "Text.", "tier", (0.5, 1.0), ["slow"])
    requests.add(("secure", "2xx"), 3)
    for seconds in (0.1, 0.5, 1.0, 7.0):
        times.add("slow", seconds)
    times.add("new", 0.6)
    async with metrics_listener(address, (requests, times)):
        assert stat.S_IMODE((tmp_path / "metrics").stat().st_mode) == 0o600
        status, text = await asked(address)
        assert (await asked(address, "/health/live"))[0] == 404
        requests.add(("secure", "2xx"))
        assert series((await asked(address))[1])["asked_total", "2xx", "secure"] == 4
    found = series(text)
    assert status == 200
    assert found["asked_total", "2xx", "secure"] == 3
    assert found["asked_total", "2xx", "admin"] == 0, "a rate needs a value before the first event"
    buckets = [found["took_bucket", bound, "slow"] for bound in ("0.5", "1.0", "+Inf")]
    assert buckets == [2, 3, 4], "a bound belongs to its bucket"
    assert (found["took_count", "slow"], found["took_sum", "slow"]) == (4, pytest.approx(8.6))
    assert found["took_bucket", "1.0", "new"] == 1
    assert "process_resident_memory_bytes" in text
    assert not (tmp_path / "metrics").exists()


async def test_many_scrapes_at_once_are_answered_one_after_the_other(tmp_path: Path) -> None:
    at_once, most = 0, 0

    class Slow:
        def collect(self) -> Iterable[Metric]:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            time.sleep(0.01)  # in a thread: the event loop answers others meanwhile
            at_once -= 1
            return ()

    source: Source = Slow()
    address = f"{UNIX}{tmp_path / 'metrics'}"
    async with metrics_listener(address, (source,)), metrics_listener(None, (source,)):
        answers = await asyncio.gather(*(asked(address) for _ in range(8)))
    assert {status for status, _ in answers} == {200}
    assert most == 1


def test_tenants_above_the_limit_share_a_label() -> None:
    labels = TenantLabels(2)
    assert [labels.of(slug) for slug in ("a", "b", "c", "a", "d", None)] == ["a", "b", OTHER, "a", OTHER, ""]


@pytest.mark.parametrize("address", ["127.0.0.1:9464", "0.0.0.0:9464", "[::1]:9464", "unix:/run/metrics"])
def test_an_address_is_of_this_machine_or_of_a_network_of_its_own(address: str) -> None:
    assert settings(HAAS_METRICS=address).metrics == address


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HAAS_METRICS", "metrics.example:9464"),
        ("HAAS_METRICS", ":9464"),
        ("HAAS_METRICS", "unix:relative"),
        ("HAAS_METRICS_TENANTS", "0"),
        ("HAAS_TRACES", "127.0.0.1:4318"),
        ("HAAS_TRACES_RATIO", "1.5"),
    ],
)
def test_other_addresses_and_numbers_are_refused(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        settings(**{variable: value})


def settings(**more: str) -> ApplicationSettings:
    return ApplicationSettings.from_environment(
        {
            "HAAS_ENVIRONMENT": "production",
            "HAAS_DOMAIN": "haas.test",
            "HAAS_DATABASE_URL": "postgresql://a:b@h/d",
            "HAAS_REDIS_URL": "redis://h",
            "HAAS_MASTER_KEY": "A" * 43,
            **more,
        }
    )


def test_a_request_costs_a_few_microseconds() -> None:
    counts = Counts("asked", "Text.", ("surface", "operation", "status", "tenant"))
    times, labels = Durations("took", "Text.", "tier", (0.1, 0.5, 1.0, 1.5, 4.0, 6.0), ["slow"]), TenantLabels(50)

    def count() -> None:
        counts.add(("secure", "listEnergyAccounts", "2xx", labels.of("aurora")))
        times.add("slow", 0.7)

    # Processor time, and the best of several tries: other processes run on the machine too.
    number = 5_000
    best = min(timeit.repeat(count, number=number, repeat=10, timer=time.process_time))
    assert best / number * 1e6 < MICROSECONDS_PER_REQUEST
