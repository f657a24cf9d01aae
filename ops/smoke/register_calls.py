"""The calls of the Register to a brand: the metrics have the calls of the data sharing process."""

import asyncio
from typing import Any, Final

import msgspec

from ops.browser.errors import Unexpected
from ops.smoke.control import SandboxControl
from ops.smoke.steps import Steps
from tenants.cds.envelope import Envelope
from tenants.payloads.metrics_v5 import MetricsV5

_TRIES: Final = 60
_SECONDS_BETWEEN_TRIES: Final = 0.5
_TIERS: Final = ("highPriority", "lowPriority", "unattended", "largePayload", "secondary", "largeSecondary")


async def check_register_calls(control: SandboxControl, slug: str, steps: Steps) -> None:
    """Let the Register ask a brand for its metrics, and to read the Register again. Raises Unexpected."""
    with steps.step(slug, "get metrics"):
        for period in ("CURRENT", "HISTORIC", "ALL"):
            await _metrics(control, slug, period)
        for _ in range(_TRIES):  # each process writes its counts every two seconds
            found = await _metrics(control, slug, "CURRENT")
            counted = {tier: getattr(found.invocations, tier).currentDay for tier in _TIERS}
            if counted["highPriority"] and counted["unattended"] and found.sessionCount.currentDay:
                break
            await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
        else:
            raise Unexpected("calls of high priority, unattended calls and sessions", str(counted))
        ended = found.authorisations.revokedAuthorisationCount.currentDay
        if ended is None or ended.individual + ended.nonIndividual == 0:
            raise Unexpected("an authorisation that was revoked today", str(found.authorisations))
    with steps.step(slug, "metadata update"):
        answer = await control.ask_as_register("POST", slug, "metadata-update")
        if answer != {"status": 200, "body": {}}:
            raise Unexpected("200 with an empty object", str(answer))


async def _metrics(control: SandboxControl, slug: str, period: str) -> MetricsV5:
    answer: dict[str, Any] = await control.ask_as_register("GET", slug, f"metrics?period={period}")
    try:
        return msgspec.convert(answer["body"], Envelope[MetricsV5]).data
    except msgspec.ValidationError as error:
        raise Unexpected("a payload of Get Metrics 5", f"{answer['status']}: {error}") from error
