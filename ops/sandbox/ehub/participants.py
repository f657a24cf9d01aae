"""The participants of the market and their users: passwords, their expiry, locking, and bearer tokens."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from haas.clock import Clock
from ops.sandbox.ehub.models import Mode, Participant
from ops.sandbox.ehub.passwords import fault_of_password
from ops.sandbox.store import Collection, Store

PASSWORD_LIFETIME: Final = timedelta(days=90)
TOKEN_SECONDS: Final = 3_599
PREVIOUS_PASSWORDS: Final = 12
_LIMIT: Final = 10_000


class SeedParticipant(msgspec.Struct, frozen=True, kw_only=True):
    """A participant that exists from the first start."""

    participant_id: str
    username: str
    password: str
    mode: Mode = "basic"
    subscription_key: str | None = None


class IssuedToken(msgspec.Struct, frozen=True):
    """A bearer token, stored under the digest of its text."""

    participant_id: str
    expires_at: datetime


class Participants:
    """The participants. What changes is written at once, so that a changed password survives the end of the process."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Keep them in `store`."""
        self._participants = Collection(store, "ehub-participant", Participant, limit=_LIMIT)
        self._tokens = Collection(store, "ehub-token", IssuedToken, limit=_LIMIT)
        self._clock = clock

    async def add_missing(self, seed: Sequence[SeedParticipant]) -> None:
        """Add the participants of `seed` that do not exist."""
        for wanted in seed:
            if await self.get(wanted.participant_id) is None:
                changed_at = self._clock.now()
                await self.put(Participant(**msgspec.structs.asdict(wanted), password_changed_at=changed_at))

    async def all(self) -> list[Participant]:
        """Return every participant."""
        return await self._participants.all()

    async def get(self, participant_id: str) -> Participant | None:
        """Return a participant, or None."""
        return await self._participants.get(participant_id)

    async def put(self, participant: Participant) -> None:
        """Add a participant, or replace it."""
        await self._participants.put(participant.participant_id, participant)

    async def has_password(self, participant: Participant, username: str, password: str) -> bool:
        """Return whether a user has this password and is not locked. A wrong password of the user is counted (A-1).

        The name of another user is not counted: it locks nobody.
        """
        if not _same(username, participant.username):
            return False
        right = _same(password, participant.password)

        def tried(stored: Participant) -> Participant:
            if stored.is_locked:
                return stored
            return msgspec.structs.replace(stored, wrong_tries=0 if right else stored.wrong_tries + 1)

        if right and participant.wrong_tries == 0:
            return True
        changed = await self._participants.change(participant.participant_id, tried)
        return right and changed is not None and not changed.is_locked

    def has_expired(self, participant: Participant) -> bool:
        """Return whether the password is older than 90 days, by the clock of the deployment (A-1)."""
        return self._clock.now() >= participant.password_changed_at + PASSWORD_LIFETIME

    async def change_password(self, participant: Participant, old: str, new: str) -> str | None:
        """Change a password. Return None, or why it was not changed (A-1, A-2)."""
        if not _same(old, participant.password):
            return "the old password is wrong"
        latest = [participant.password, *participant.previous_passwords][:PREVIOUS_PASSWORDS]
        fault = fault_of_password(new, participant.username, latest)
        if fault is not None:
            return fault
        now = self._clock.now()
        await self._participants.change(
            participant.participant_id,
            lambda stored: msgspec.structs.replace(
                stored, password=new, password_changed_at=now, previous_passwords=latest, wrong_tries=0
            ),
        )
        return None

    async def issue_token(self, client_id: str, secret: str) -> str | None:
        """Return a new token for the participant with these client credentials, or None when they are wrong."""
        for participant in await self.all():
            if (
                participant.mode == "bearer"
                and _same(client_id, participant.username)
                and _same(secret, participant.password)
            ):
                token = secrets.token_urlsafe(32)
                expires_at = self._clock.now() + timedelta(seconds=TOKEN_SECONDS)
                await self._tokens.put(_digest(token), IssuedToken(participant.participant_id, expires_at))
                return token
        return None

    async def has_token(self, participant: Participant, token: str) -> bool:
        """Return whether a token was issued to this participant and has not expired."""
        issued = await self._tokens.get(_digest(token))
        return (
            issued is not None
            and issued.participant_id == participant.participant_id
            and self._clock.now() < issued.expires_at
        )


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
