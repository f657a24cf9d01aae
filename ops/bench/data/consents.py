"""Consents of many customers with one recipient, and the access tokens for them.

They are stored as the pages and the token endpoint do it, without the pages: a scripted person would take a second for
each.
"""

import secrets
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from haas.database import Transaction
from haas.digest import digest
from ops.bench.data.sizes import Sharer
from ops.sandbox.recipient.client import ACR_2
from ops.smoke.participants import Recipient
from tenants.arrangements import service as arrangements
from tenants.arrangements.models import NewAuthorisation
from tenants.tokens import store as tokens
from tenants.tokens.issue import TOKEN_BYTES

_DURATION: Final = timedelta(days=1)
"""Also of the access tokens, so that no token expires during a long measurement."""


async def give_consents(tx: Transaction, recipient: Recipient, sharers: Sequence[Sharer], now: datetime) -> list[str]:
    """Add a consent of each customer for all of their accounts and all scopes. Return their access tokens."""
    client_id, thumbprint = recipient.client.client_id, _decoded(recipient.certificate.thumbprint)
    issued = []
    for sharer in sharers:
        new = NewAuthorisation(
            login_id=sharer.login_id,
            scopes=tuple(recipient.scope.split()),
            claims={},
            sharing_duration=int(_DURATION.total_seconds()),
            acr=ACR_2,
            authenticated_at=now,
            expires_at=now + _DURATION,
            accounts=sharer.account_ids,
        )
        arrangement_id, authorisation_id = await arrangements.create(
            tx, client_id=client_id, customer_id=sharer.customer_id, new=new, now=now
        )
        await arrangements.put_in_force(tx, arrangement_id, authorisation_id, login_id=sharer.login_id, now=now)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await tokens.insert_access_token(
            tx,
            digest(token),
            client_id=client_id,
            arrangement_id=arrangement_id,
            authorisation_id=authorisation_id,
            scope=recipient.scope,
            thumbprint=thumbprint,
            issued_at=now,
            expires_at=now + _DURATION,
        )
        issued.append(token)
    return issued


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
