"""The faults that a retailer's server shows on request, and the record of the requests that it got."""

from collections import deque
from collections.abc import Iterable
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

MAXIMUM_REQUESTS: Final = 1_000
FaultKind = Literal[
    "refused",
    "unknown",
    "closed",
    "throttled",
    "error",
    "unavailable",
    "slow",
    "disconnected",
    "html",
    "wrong-object",
    "invalid-item",
    "too-large",
    "unauthorised",
]
FAULTS: Final = get_args(FaultKind)


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a server answers until the fault is removed, or for a number of requests."""

    kind: FaultKind
    operation: str | None = None
    """The operationId. None: every operation."""
    account_id: Annotated[str, Meta(max_length=200)] | None = None
    """Only for requests about this account. None: for every request."""
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    """The number of requests. None: until the fault is removed."""
    reason: Annotated[str, Meta(max_length=100)] | None = "safety"
    """The reason code of `refused`."""
    seconds: Annotated[float, Meta(ge=0, le=60)] = 10.0
    """The delay of `slow`, or the Retry-After of `throttled`."""


class RetailerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a server got and authenticated, without its credentials."""

    operation: str
    path: str
    headers: dict[str, str]
    body: str = ""


class Faults:
    """The faults and the requests of the servers, by the slug of the brand."""

    def __init__(self) -> None:
        """Begin without faults."""
        self._faults: dict[str, list[Fault]] = {}
        self._requests: dict[str, deque[RetailerRequest]] = {}

    def add(self, slug: str, fault: Fault) -> None:
        """Add a fault. The one that was added last applies first."""
        self._faults.setdefault(slug, []).insert(0, fault)

    def clear(self, slug: str) -> None:
        """Remove every fault of a server, and forget its requests."""
        self._faults.pop(slug, None)
        self._requests.pop(slug, None)

    def refused(self, slug: str, account_ids: Iterable[str]) -> dict[str, str | None]:
        """Return those accounts that the server refuses, each with the reason code."""
        reasons = {each.account_id: each.reason for each in self._faults.get(slug, []) if each.kind == "refused"}
        return {account_id: reasons[account_id] for account_id in account_ids if account_id in reasons}

    def take(self, slug: str, operation: str, path: str) -> Fault | None:
        """Return the fault for a request, and count it."""
        about = path.split("/")
        faults = self._faults.get(slug, [])
        for index, fault in enumerate(faults):
            if fault.operation in {None, operation} and (fault.account_id is None or fault.account_id in about):
                if fault.times is not None:
                    left = msgspec.structs.replace(fault, times=fault.times - 1)
                    faults[index : index + 1] = [left] if left.times else []
                return fault
        return None

    def record(self, slug: str, request: RetailerRequest) -> None:
        """Keep a request. The latest thousand of each server are kept."""
        self._requests.setdefault(slug, deque(maxlen=MAXIMUM_REQUESTS)).append(request)

    def requests(self, slug: str) -> list[RetailerRequest]:
        """Return the requests of a server, oldest first."""
        return list(self._requests.get(slug, ()))
