"""A request to AEMO, and the call of a recipient for which it is made."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from tenants.aemo.throttle import RATE
from tenants.calls.secondary import SecondaryCalls


class AemoCall(msgspec.Struct, frozen=True, kw_only=True):
    """The call of a recipient for which AEMO is asked."""

    interaction_id: str
    """The x-fapi-interaction-id of the recipient, or ours."""
    arrangement_id: UUID | None
    private_hosts: frozenset[str] = frozenset()
    """The hosts that may have an address in a private network, such as MarketNet."""
    deadline: float
    """When the call must have its answer, as a time of the event loop."""
    calls_per_second: float = RATE
    """How many requests a second AEMO has agreed for the participant."""
    market_header: str | None = None
    """The value of the header `X-market`. None: the header is not sent (C-A9)."""
    secondary: Callable[[], SecondaryCalls] = SecondaryCalls
    """Returns the object to which the requests are added."""


class AemoRequest(NamedTuple):
    """A request to one of the secondary operations (CDS, Secondary Responsibility Data)."""

    operation: str
    """The operation with its `operationId`. Errors and logs name it, because the path can contain an NMI."""
    method: str
    path: str
    version: int
    parameters: Mapping[str, str]
    body: bytes | None = None
    headers: Mapping[str, str] = {}
    """Further headers."""
    is_at_the_root: bool = False
    """Whether the path begins at the root of the host. Otherwise it begins at the participant's base URI."""


class MarketPoint(NamedTuple):
    """A service point as AEMO knows it."""

    id: UUID
    nmi: str
    participant_id: str | None
    """The participant that is its FRMP; None if no supply names one."""


class Fetched(NamedTuple):
    """What AEMO has answered for some service points."""

    items: list[Any]
    """The items, in the order of the NMIs and then of the resource."""
    refused: Mapping[UUID, str | None]
    """The service points for which AEMO refuses to answer, each with the code that may be passed on."""
    size: int
    """The bytes of the answers."""
