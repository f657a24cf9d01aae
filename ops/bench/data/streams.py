"""Times the meter reads of one service point in one response, and watches the memory of the processes meanwhile."""

from datetime import datetime
from itertools import repeat
from typing import Final

import msgspec

from ops.bench.data.calls import Consented, call_of
from ops.bench.load import Load, Measured
from ops.bench.operations import target
from ops.bench.processes import highest_memory_mib
from ops.bench.run import address_of, context_of
from ops.smoke.participants import Recipient
from ops.stack.embedded import Stack
from tenants.cds.pagination import MAXIMUM_PAGE_SIZE
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.resources import INTERVAL_READS, USAGE

RESPONSES: Final = 5
"""How many responses of each form are timed."""
FORMS: Final = ("FULL", "MIN_30", "NONE")
_OK: Final = 200
_LONGEST_SECONDS: Final = 600.0


class StreamedForm(msgspec.Struct, frozen=True):
    """The responses of one form of `interval-reads`, and the highest memory of each process meanwhile, in MiB."""

    form: str
    measured: Measured
    highest: dict[str, float]


def stream_reads(stack: Stack, recipient: Recipient, household: Consented, form: str, now: datetime) -> StreamedForm:
    """Get the reads of the service point of a household several times, each time as one page. Raises LoadError."""
    [endpoint] = [each for each in ENDPOINTS if each.resource is USAGE and each.ids_in == "path"]
    call = call_of(endpoint, [household], now, page_size=MAXIMUM_PAGE_SIZE, parameters={INTERVAL_READS: form})
    requests = repeat(call.requests[0], RESPONSES + 1)  # the first one is not timed
    targets, context = [target(household.tenant, requests)], context_of(stack, recipient)
    with highest_memory_mib(stack.processes()) as highest, Load(address_of(stack), context, targets, _OK) as load:
        measured = load.run(_LONGEST_SECONDS, 1)
    return StreamedForm(form, measured, highest)
