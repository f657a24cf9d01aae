"""One call, as whoever answered it knows it."""

from datetime import datetime
from typing import Literal

import msgspec

from haas.database import Namespace
from tenants.cds import tiers

# Beside the performance tiers of the standards: what they give no threshold.
Tier = tiers.Tier | Literal["other"]


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was answered. `operation`, `tier` and `error` come from our own catalogues, never from the caller."""

    tenant: Namespace
    at: datetime  # when the call began
    operation: str  # the standards' operation name, or the identity endpoint's
    tier: Tier
    status: int
    latency: int  # microseconds, without what a secondary data holder took
    authenticated: bool = True  # of an endpoint that asks for authentication, whether or not it succeeded
    error: str = ""  # the CDS error URN or the OAuth error code
    throttled: bool = False  # refused for a traffic threshold
    token_issued: bool = False  # a session, as Get Metrics counts them
    secondary_latency: int | None = None  # microseconds, where a secondary data holder was called
    secondary_status: int | None = None
