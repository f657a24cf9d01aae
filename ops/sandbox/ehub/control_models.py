"""The request bodies of the e-Hub's control API, with the limits of their members."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from ops.sandbox.control.models import Request
from ops.sandbox.ehub.availability import Explanation, Outage, ServiceStatus
from ops.sandbox.ehub.models import Meter, Mode, PointStatus

ParticipantId = Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,20}\Z")]
Secret = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[!-~]+\Z")]
"""Visible ASCII characters."""


class ParticipantChange(Request, frozen=True, kw_only=True):
    """A participant to add or to change. An absent member stays as it is.

    A new participant gets a user name and, without `password` and `subscription_key`, random ones.
    """

    mode: Mode | UnsetType = UNSET
    username: Secret | UnsetType = UNSET
    password: Secret | UnsetType = UNSET
    subscription_key: Secret | UnsetType = UNSET
    has_permission: bool | UnsetType = UNSET
    password_changed_at: datetime | UnsetType = UNSET
    wrong_tries: Annotated[int, Meta(ge=0, le=6)] | UnsetType = UNSET
    """0 unlocks the user, 6 locks it."""


class NewParticipantCertificate(Request, frozen=True, kw_only=True):
    """A client certificate to issue to a participant, for the key of a CSR in PEM or for a new key."""

    kind: Literal["valid", "expired", "foreign"] = "valid"
    csr: Annotated[str, Meta(max_length=16_384)] | None = None


class NewRange(Request, frozen=True, kw_only=True):
    """The service points with consecutive numeric NMIs, beginning with `first`, for one participant."""

    participant_id: ParticipantId
    first: Annotated[str, Meta(pattern=r"^[0-9]{10}\Z")]
    count: Annotated[int, Meta(ge=1, le=1_000_000_000)]


class PointChange(Request, frozen=True, kw_only=True):
    """The properties of one service point. They replace those that were set before."""

    participant_id: ParticipantId
    meter: Meter | None = None
    status: PointStatus | None = None
    last_consumer_change_date: date | UnsetType | None = UNSET
    """null: the service point has none. Absent: it follows from the NMI."""
    financially_responsible_since: date | None = None


class SettingsChange(Request, frozen=True, kw_only=True):
    """Settings to change. An absent member stays as it is."""

    half_hour_word: Literal["MIN_30", "30MIN"] | UnsetType = UNSET
    old_dates: Literal["clamp", "refuse"] | UnsetType = UNSET
    forbidden_headers: Literal["record", "refuse"] | UnsetType = UNSET
    refused_points: Literal["all", "first"] | UnsetType = UNSET
    continuation_tokens: bool | UnsetType = UNSET
    nmis_of_a_request: Annotated[int, Meta(ge=1, le=10_000)] | UnsetType = UNSET
    calls_per_second: Annotated[float, Meta(ge=0, le=100_000)] | UnsetType = UNSET
    burst: Annotated[int, Meta(ge=1, le=1_000_000)] | UnsetType = UNSET


class AvailabilityChange(Request, frozen=True, kw_only=True):
    """What the public status and outages say from now on."""

    status: ServiceStatus = "OK"
    explanation: Explanation | None = None
    detected_at: datetime | None = None
    expected_resolution: datetime | None = None
    outages: Annotated[tuple[Outage, ...], Meta(max_length=100)] = ()
