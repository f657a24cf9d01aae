"""What every object of the contract of the retailer's own server has in common, and the ids of the retailer."""

from typing import Annotated

import msgspec
from msgspec import Meta

Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7E]+\Z",
        description="An id of the retailer. It is stable, and is never given to another object.",
    ),
]


class UpstreamMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An object of this contract that is not a payload of the standards."""
