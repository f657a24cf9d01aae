"""Measures our own part of a call to AEMO: from the bytes of its answer to the bytes of our response.

Run as `python -m ops.bench.aemo [--reads 1000] [--times 20]`.

The answer has full reads of five minutes, and is there at once: no request is sent. It is read, ordered, limited to
what the customer may have, and encoded with the ids of the recipient. Each time begins with an empty cache.
"""

import asyncio
import gc
import os
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, Final
from uuid import UUID, uuid4

import click
import msgspec

from haas.clock import SystemClock
from haas.jose import Siv
from ops.bench.command import machine_description
from ops.bench.report import Verdict, markdown
from tenants.aemo.client import AemoClient
from tenants.aemo.lenient import DEFAULT_POLICY
from tenants.aemo.models import AemoCall, MarketPoint
from tenants.aemo.operations import OPERATIONS
from tenants.aemo.service import Market, MarketQuestion
from tenants.cds.pagination import PageRequest
from tenants.disclosure.ids_for_recipients import ResourceIds
from tenants.market.models import MarketCredentials, Participant, ParticipantKey, Secrets
from tenants.operations.resources import INTERVAL_READS, USAGE
from tenants.payloads.energy_usage_v1 import EnergyUsageListV1
from tenants.sources.aemo_usage import UsageOfPoints
from tenants.sources.contract import EVERY_DAY, ResourceQuery, Window

_INTERVALS: Final = 288
_REGISTERS: Final = ("B1", "E1")
_LAST_DAY: Final = date(2026, 11, 1)
_NOW: Final = datetime(2026, 11, 20, tzinfo=UTC)
_KEY_BYTES: Final = 64
Json = dict[str, Any]


class AnswerForm(msgspec.Struct, frozen=True):
    """One of the forms that answers of AEMO have, and our budget for 1,000 reads."""

    name: str
    budget_milliseconds: float
    changed: Callable[[Json, random.Random], Json]
    """Changes a read of the standards."""


def _as_objects(read: Json, chance: random.Random, *, substituted: bool = False) -> Json:
    interval = read["intervalRead"]
    first = chance.randrange(_INTERVALS) if substituted else _INTERVALS
    objects = [
        {"value": value, "quality": "SUBSTITUTE" if first <= number < first + 10 else "ACTUAL"}
        for number, value in enumerate(interval["intervalReads"])
    ]
    return {**read, "intervalRead": {**interval, "intervalReads": objects}}


def _renamed(read: Json, chance: random.Random) -> Json:
    """Return a read as in AEMO's own examples (C-A13)."""
    return {"meterID" if name == "meterId" else name: value for name, value in _as_objects(read, chance).items()}


FORMS: Final = (
    AnswerForm("numbers", 5, lambda read, _: read),
    AnswerForm("objects, all actual", 40, _as_objects),
    AnswerForm("objects, some substituted", 40, lambda read, chance: _as_objects(read, chance, substituted=True)),
    AnswerForm("objects, and another name", 40, _renamed),
)


class _Answered(AemoClient):
    """Gives the same answer to every request."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def send(self, *_: object) -> bytes:
        return self._body


class Measured(msgspec.Struct, frozen=True):
    """The processor time of each call in milliseconds."""

    form: AnswerForm
    answer_bytes: int
    response_bytes: int
    milliseconds: list[float]


def answer(form: AnswerForm, points: list[MarketPoint], reads: int) -> bytes:
    """Return a page of AEMO with reads of service points that have two registers."""
    chance = random.Random(1)  # noqa: S311 - invented reads
    made = [
        form.changed(_read(point.nmi, _LAST_DAY - timedelta(days=day), suffix, chance), chance)
        for point in points
        for day in range(_days(points, reads))
        for suffix in _REGISTERS
    ]
    return msgspec.json.encode(
        {"data": {"reads": made}, "links": {"self": "https://aemo.test"}, "meta": {"totalRecords": len(made)}}
    )


def _days(points: list[MarketPoint], reads: int) -> int:
    return reads // len(points) // len(_REGISTERS)


def _read(nmi: str, day: date, suffix: str, chance: random.Random) -> Json:
    values = [chance.randrange(500) / 1000 for _ in range(_INTERVALS)]
    interval = {"readIntervalLength": 5, "aggregateValue": round(sum(values), 3), "intervalReads": values}
    return {
        "servicePointId": nmi,
        "registerId": suffix,
        "registerSuffix": suffix,
        "meterId": "M1",
        "readStartDate": day.isoformat(),
        "unitOfMeasure": "KWH",
        "readUType": "intervalRead",
        "intervalRead": interval,
    }


async def measure(form: AnswerForm, reads: int, times: int) -> Measured:
    """Measure calls whose answer has this form."""
    points = [MarketPoint(uuid4(), f"410200000{number}", None) for number in range(2)]
    body = answer(form, points, reads)
    siv = Siv(os.urandom(_KEY_BYTES))  # the application keeps it with the keys of the tenant
    milliseconds, response = [], b""
    for _ in range(times):
        began = time.process_time()
        response = await _response(body, points, reads, siv)
        milliseconds.append((time.process_time() - began) * 1000)
    return Measured(form, len(body), len(response), milliseconds)


async def _response(body: bytes, points: list[MarketPoint], reads: int, siv: Siv) -> bytes:
    """Return the reads of a response for an answer of AEMO."""
    window = Window(_LAST_DAY - timedelta(days=_days(points, reads) - 1), _LAST_DAY, EVERY_DAY)
    page = PageRequest(1, reads)
    windows = {point.id: [window] for point in points}
    query = ResourceQuery(USAGE, list(windows), {INTERVAL_READS: "FULL"}, page, windows=windows)
    participants: Any = None  # they are in the question
    market = Market(participants, _Answered(body), SystemClock())
    asked = MarketQuestion({"P": _credentials()}, OPERATIONS[USAGE], {}, DEFAULT_POLICY)
    deadline = asyncio.get_running_loop().time() + 600
    call = AemoCall(interaction_id="bench", arrangement_id=None, deadline=deadline)
    found = await UsageOfPoints(market, asked, call, query, _NOW).page(points)
    await market.close()
    if len(found.items) != found.total_records or not found.items:
        raise RuntimeError("reads are missing")
    ids = ResourceIds(siv, "software", UUID(int=0))
    return msgspec.json.encode(EnergyUsageListV1(reads=found.items), enc_hook=ids.conceal)


def _credentials() -> MarketCredentials:
    participant = Participant(
        id=ParticipantKey("P", "production"),
        retailer_id=UUID(int=0),
        base_uri="",
        mode="basic",
        username="",
        certificate="",
    )
    return MarketCredentials(participant=participant, secrets=Secrets(secret="", key=""), changed_at=_NOW)


def table(measured: list[Measured]) -> list[str]:
    """Return the lines of a Markdown table."""
    head = ["intervals of AEMO", "MB of the answer", "MB of the response", "CPU ms: median", "lowest"]
    rows = [
        [
            each.form.name,
            f"{each.answer_bytes / 1e6:.1f}",
            f"{each.response_bytes / 1e6:.1f}",
            f"{median(each.milliseconds):.1f}",
            f"{min(each.milliseconds):.1f}",
        ]
        for each in measured
    ]
    return markdown([head, *rows])


def verdict(measured: Measured) -> Verdict:
    """Return whether the budget is met."""
    budget, found = measured.form.budget_milliseconds, median(measured.milliseconds)
    return Verdict(measured.form.name, f"at most {budget:.0f} ms", f"{found:.1f} ms", found <= budget)


@click.command()
@click.option("--reads", type=click.IntRange(4, 1000), default=1000, show_default=True)
@click.option("--times", type=click.IntRange(1), default=20, show_default=True, help="How often each form is measured.")
def main(reads: int, times: int) -> None:
    """Measure our own part of a call to AEMO."""
    click.echo(machine_description())
    measured = [asyncio.run(measure(form, reads, times)) for form in FORMS]
    for line in ["", *table(measured), "", *map(str, map(verdict, measured))]:
        click.echo(line)


if __name__ == "__main__":
    gc.collect()
    gc.freeze()  # as the application does when it starts
    main()
