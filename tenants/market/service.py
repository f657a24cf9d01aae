"""Keeping and opening the credentials of the market's participants; `sealer` holds the deployment's master key.

A password is changed in three steps, so that it is never lost: the new one is kept beside the old one and committed,
AEMO is asked, and then the new one takes the old one's place or is dropped. AEMO locks a user after six wrong tries.
"""

from datetime import datetime
from typing import Final

from haas.database import Transaction
from haas.jose import Sealer
from tenants.keys.opening import open_sealed
from tenants.market import store
from tenants.market.errors import BadParticipant, SecretChanging
from tenants.market.models import MarketCredentials, Participant, ParticipantKey, Secrets

SEALED: Final = ("secret", "next_secret", "subscription_key", "key")
"""The columns that hold secrets."""


async def put(tx: Transaction, sealer: Sealer, participant: Participant, secrets: Secrets, now: datetime) -> None:
    """Add a participant, or replace all that is known of it. Raises BadParticipant."""
    key = participant.id
    if secrets.next_secret is not None:
        raise BadParticipant(f"{key.participant_id} comes with a next secret: change the secret by `begin_change`")
    sealed = {column: _seal(sealer, key, column, getattr(secrets, column)) for column in SEALED}
    plain = {
        "retailer_id": participant.retailer_id,
        "base_uri": participant.base_uri,
        "mode": participant.mode,
        "token_uri": participant.token_uri,
        "username": participant.username,
        "certificate": participant.certificate,
        "proxy_uri": participant.proxy_uri,
        "changed_at": now,
    }
    await store.put(tx, key, {**plain, **sealed})


async def credentials(tx: Transaction, sealer: Sealer, key: ParticipantKey) -> MarketCredentials:
    """Return a participant with its secrets open. Raises UnknownParticipant, KeysUnreadable."""
    row = await store.row(tx, key)
    opened = {column: _open(sealer, key, column, row[column]) for column in SEALED}
    return MarketCredentials(
        participant=Participant(
            id=key,
            retailer_id=row["retailer_id"],
            base_uri=row["base_uri"],
            mode=row["mode"],
            token_uri=row["token_uri"],
            username=row["username"],
            certificate=row["certificate"],
            proxy_uri=row["proxy_uri"],
        ),
        secrets=Secrets(
            secret=opened["secret"] or "",
            key=opened["key"] or "",
            subscription_key=opened["subscription_key"],
            next_secret=opened["next_secret"],
        ),
        changed_at=row["changed_at"],
    )


async def begin_change(tx: Transaction, sealer: Sealer, key: ParticipantKey, next_secret: str) -> None:
    """Keep the secret that AEMO is about to be asked to change to. Raises UnknownParticipant, SecretChanging."""
    row = await store.row(tx, key, lock=True)
    if row["next_secret"] is not None:
        raise SecretChanging(
            f"a change of the secret of {key.participant_id} has begun: find out which of the two AEMO takes first"
        )
    await store.set_secrets(tx, key, {"next_secret": _seal(sealer, key, "next_secret", next_secret)})


async def complete_change(tx: Transaction, sealer: Sealer, key: ParticipantKey, now: datetime) -> None:
    """Put the next secret in the old one's place: AEMO takes it. Raises UnknownParticipant, BadParticipant."""
    row = await store.row(tx, key, lock=True)
    secret = _open(sealer, key, "next_secret", row["next_secret"])
    if secret is None:
        raise BadParticipant(f"{key.participant_id} has no next secret: no change has begun")
    await store.set_secrets(
        tx, key, {"secret": _seal(sealer, key, "secret", secret), "next_secret": None, "changed_at": now}
    )


async def abandon_change(tx: Transaction, key: ParticipantKey) -> None:
    """Drop the next secret: AEMO still takes the old one. Raises UnknownParticipant."""
    await store.row(tx, key, lock=True)
    await store.set_secrets(tx, key, {"next_secret": None})


def purpose(key: ParticipantKey, column: str) -> str:
    """Bind a sealed value to its participant and column: put elsewhere, it does not open."""
    return f"market-participant/{key.environment}/{key.participant_id}/{column}"


def _seal(sealer: Sealer, key: ParticipantKey, column: str, secret: str | None) -> bytes | None:
    return None if secret is None else sealer.seal(secret.encode(), purpose(key, column))


def _open(sealer: Sealer, key: ParticipantKey, column: str, sealed: bytes | None) -> str | None:
    return None if sealed is None else open_sealed(sealer, sealed, purpose(key, column)).decode()
