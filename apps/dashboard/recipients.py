"""The recipient of what another person shares, identified as in the Register (CDR Rules 1.15(3)(g), 7.9)."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request

from apps.http.context import context
from tenants.joint_accounts.models import SharedByOther
from themes.views import RecipientView


class IdentifiedRecipient(msgspec.Struct, frozen=True):
    """The names and the accreditation number of a recipient, and its CDR policy."""

    names: RecipientView
    policy: str | None
    """The address of the CDR policy."""


async def accreditation_numbers(
    request: Request[Any, Any, Any], shared: Iterable[SharedByOther]
) -> dict[str, str | None]:
    """Return the accreditation numbers by the ids of the recipients. Call it while no transaction is open."""
    ctx = context(request)
    environment = ctx.tenant.register_environment
    return {
        recipient_id: await ctx.services.accreditations.number(environment.id, recipient_id)
        for recipient_id in {each.recipient_id for each in shared}
    }


def identified_recipient(shared: SharedByOther, numbers: Mapping[str, str | None]) -> IdentifiedRecipient:
    """Return the recipient of a sharing. `numbers` are the accreditation numbers by the ids of the recipients."""
    names = RecipientView(
        client_name=shared.product,
        org_name=shared.brand,
        legal_entity_name=shared.recipient,
        accreditation_number=numbers.get(shared.recipient_id),
    )
    return IdentifiedRecipient(names, https_address(shared.policy_uri))


def https_address(address: str | None) -> str | None:
    """Return an address that a page can link to, or None: software statements may contain other kinds."""
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme == "https" and parts.hostname else None
