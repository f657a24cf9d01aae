"""Seals, stores and unseals the credentials of market participants. `sealer` uses the master key of the deployment.

A password is changed in three steps, so that no password is lost. First the new password is stored beside the old one
and committed. Then AEMO is asked to change it. Then the new password replaces the old one, or is deleted. AEMO locks a
user after six attempts with a wrong password.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from haas.database import Transaction
from haas.jose import Sealer
from tenants.keys.opening import open_sealed
from tenants.market import store
from tenants.market.errors import InvalidParticipant, SecretChangePending
from tenants.market.models import MarketCredentials, Participant, ParticipantKey, Secrets

SEALED_COLUMNS: Final = ("secret", "next_secret", "subscription_key", "key")
"""The columns that contain sealed secrets."""


async def put(tx: Transaction, sealer: Sealer, participant: Participant, secrets: Secrets, now: datetime) -> None:
    """Add a participant, or replace all its values. Raise InvalidParticipant."""
    key = participant.id
    if secrets.next_secret is not None:
        raise InvalidParticipant(
            f"{key.participant_id} has a next secret: change the secret with `begin_secret_change`"
        )
    sealed = {column: _seal(sealer, key, column, getattr(secrets, column)) for column in SEALED_COLUMNS}
    plain = {
        "retailer_id": participant.retailer_id,
        "base_uri": participant.base_uri,
        "mode": participant.mode,
        "token_uri": participant.token_uri,
        "username": participant.username,
        "certificate": participant.certificate,
        "proxy_uri": participant.proxy_uri,
        "changed_at": now,
        "change_begun_at": None,
        "change_stopped_at": None,
    }
    await store.put(tx, key, {**plain, **sealed})


async def credentials(tx: Transaction, sealer: Sealer, key: ParticipantKey) -> MarketCredentials:
    """Return a participant with its unsealed secrets. Raise UnknownParticipant, KeysUnreadable."""
    return _credentials(sealer, dict(await store.load(tx, key)))


async def credentials_of_brand(tx: Transaction, sealer: Sealer, brand_id: UUID) -> list[MarketCredentials]:
    """Return the participants that are assigned to a brand, with their unsealed secrets. Raise KeysUnreadable."""
    return [_credentials(sealer, row) for row in await store.load_of_brand(tx, brand_id)]


async def begin_secret_change(
    tx: Transaction, sealer: Sealer, key: ParticipantKey, next_secret: str, now: datetime
) -> None:
    """Store the new secret, before AEMO is asked to change it. Raise UnknownParticipant, SecretChangePending."""
    row = await store.load(tx, key, lock=True)
    if row["next_secret"] is not None:
        raise SecretChangePending(
            f"a change of the secret of {key.participant_id} has begun:"
            f" find out first which of the two secrets AEMO accepts"
        )
    sealed = _seal(sealer, key, "next_secret", next_secret)
    await store.set_secrets(tx, key, {"next_secret": sealed, "change_begun_at": now})


async def stop_secret_change(tx: Transaction, key: ParticipantKey, now: datetime) -> None:
    """Let nothing more be tried, before the two secrets are probed: each may be tried once only.

    `complete_secret_change` and `abandon_secret_change` permit further changes. Raise UnknownParticipant,
    SecretChangePending if another process has stopped it already.
    """
    row = await store.load(tx, key, lock=True)
    if row["change_stopped_at"] is not None:
        raise SecretChangePending(f"the change of the secret of {key.participant_id} was stopped already")
    await store.set_secrets(tx, key, {"change_stopped_at": now})


async def complete_secret_change(tx: Transaction, sealer: Sealer, key: ParticipantKey, now: datetime) -> None:
    """Replace the old secret with the new one, which AEMO accepts. Raise UnknownParticipant, InvalidParticipant."""
    row = await store.load(tx, key, lock=True)
    secret = _unseal(sealer, key, "next_secret", row["next_secret"])
    if secret is None:
        raise InvalidParticipant(f"{key.participant_id} has no next secret: no change has begun")
    await store.set_secrets(
        tx,
        key,
        {
            "secret": _seal(sealer, key, "secret", secret),
            "next_secret": None,
            "changed_at": now,
            "change_stopped_at": None,
        },
    )


async def abandon_secret_change(tx: Transaction, key: ParticipantKey) -> None:
    """Delete the new secret, because AEMO still accepts the old one. Raise UnknownParticipant."""
    await store.load(tx, key, lock=True)
    await store.set_secrets(tx, key, {"next_secret": None, "change_stopped_at": None})


async def replace_secret(tx: Transaction, sealer: Sealer, key: ParticipantKey, secret: str, now: datetime) -> None:
    """Store the secret that AEMO accepts, as the staff know it, and permit changes again. Raise UnknownParticipant."""
    await store.load(tx, key, lock=True)
    values = {"secret": _seal(sealer, key, "secret", secret), "next_secret": None, "changed_at": now}
    await store.set_secrets(tx, key, {**values, "change_begun_at": None, "change_stopped_at": None})


def sealing_purpose(key: ParticipantKey, column: str) -> str:
    """Return the purpose of a sealed value. A copy in another row or column cannot be unsealed."""
    return f"market-participant/{key.environment}/{key.participant_id}/{column}"


def _credentials(sealer: Sealer, row: Mapping[str, Any]) -> MarketCredentials:
    key = ParticipantKey(row["participant_id"], row["environment"])
    unsealed = {column: _unseal(sealer, key, column, row[column]) for column in SEALED_COLUMNS}
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
            secret=unsealed["secret"] or "",
            key=unsealed["key"] or "",
            subscription_key=unsealed["subscription_key"],
            next_secret=unsealed["next_secret"],
        ),
        changed_at=row["changed_at"],
        is_stopped=row["change_stopped_at"] is not None,
    )


def _seal(sealer: Sealer, key: ParticipantKey, column: str, secret: str | None) -> bytes | None:
    return None if secret is None else sealer.seal(secret.encode(), sealing_purpose(key, column))


def _unseal(sealer: Sealer, key: ParticipantKey, column: str, sealed: bytes | None) -> str | None:
    return None if sealed is None else open_sealed(sealer, sealed, sealing_purpose(key, column)).decode()
