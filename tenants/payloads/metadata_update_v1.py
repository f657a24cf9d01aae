"""Metadata Update (CDS, RequestMetaDataUpdateV1)."""

from typing import Any, Literal

import msgspec

from tenants.cds.field_types import Payload


class Action(msgspec.Struct, frozen=True):
    """What the Register asks for. Other members of the object are ignored."""

    action: Literal["REFRESH"]


class MetadataUpdateRequest(msgspec.Struct, frozen=True):
    """The body of the request."""

    data: Action
    meta: dict[str, Any] | None = None


class MetadataUpdateV1(Payload, frozen=True):
    """The body of the response, which is an empty object."""
