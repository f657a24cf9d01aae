"""Changes the passwords of participants before AEMO lets them expire (A-1, A-2).

A password expires after 90 days, and a user is locked after six wrong tries. So a password is changed on day 60. The
new one is stored before AEMO is asked, so that it cannot be lost. If it is not known whether AEMO has changed it, the
new one is tried once and then the old one once. If neither is accepted, nothing more is tried: staff must decide.

While a change is in progress, no process asks AEMO for the participant. The change waits until every process knows.
"""

import asyncio
import logging
import secrets
import string
from base64 import b64encode
from datetime import timedelta
from typing import Final, Literal
from uuid import uuid4

import msgspec

from haas.clock import Clock
from haas.database import Database, Namespace
from haas.errors import HaasError
from haas.jose import Sealer
from haas.outbound import OutboundError, OutboundResponse
from tenants.aemo.client import AemoClient
from tenants.aemo.models import AemoCall, AemoRequest
from tenants.aemo.participants import FRESH_FOR
from tenants.market import service, store
from tenants.market.errors import SecretChangePending
from tenants.market.models import MarketCredentials, ParticipantKey, SecretChange

logger = logging.getLogger(__name__)

CHANGED_AFTER: Final = timedelta(days=60)
AFTER_A_REFUSAL: Final = timedelta(days=1)
INTERRUPTED_AFTER: Final = timedelta(minutes=10)
"""A change that was begun longer ago and has no result was interrupted: its process was killed."""
SECONDS_TO_SETTLE: Final = FRESH_FOR.total_seconds() + 5.0
"""After this time no process has credentials without the next password, and no request with the old one is open."""
SECONDS_TO_ANSWER: Final = 15.0
PASSWORD_LENGTH: Final = 20
CHANGE_PATH: Final = "/ws/Common/identityService/v2/ChangePassword"
_MARKET: Final = "NEM"
_SIGNS: Final = "!#$%*+-.:;=?@^_~"
_OK: Final = 200
_UNAUTHORISED: Final = 401
_SERVER_ERRORS: Final = 500
_AUTHENTICATED: Final = (_OK, 400, 404, 406, 422)

Outcome = Literal["changed", "not-changed", "old-refused", "unknown"]


class _ChangeAnswer(msgspec.Struct, rename="pascal"):
    success: bool


class PasswordChanges:
    """Changes the passwords that are due. Any number of processes may do it at the same time.

    `namespace` has the role that may change passwords (`market_change_namespace`).
    """

    def __init__(
        self,
        database: Database,
        namespace: Namespace,
        sealer: Sealer,
        client: AemoClient,
        clock: Clock,
        *,
        seconds_to_settle: float = SECONDS_TO_SETTLE,
    ) -> None:
        """Nothing is read or sent before `run`."""
        self._database = database
        self._namespace = namespace
        self._sealer = sealer
        self._client = client
        self._clock = clock
        self._seconds_to_settle = seconds_to_settle

    async def run(self) -> None:
        """Change every password that is due, and find out the result of changes that were interrupted."""
        now = self._clock.now()
        async with self._database.transaction(self._namespace) as tx:
            due = await store.secret_changes(
                tx,
                changed_before=now - CHANGED_AFTER,
                refused_before=now - AFTER_A_REFUSAL,
                interrupted_before=now - INTERRUPTED_AFTER,
            )
            stopped = await store.stopped_changes(tx)
        for key in stopped:
            _alarm(key)
        for change in due:
            try:
                await self._change(change)
            except HaasError as error:
                details = {"participant": change.id.participant_id, "reason": str(error)}
                logger.warning("aemo.password_change_failed", extra=details)

    async def _change(self, change: SecretChange) -> None:
        key = change.id
        if change.is_pending:
            await self._find_out(key)
            return
        new = new_password()
        try:
            async with self._database.transaction(self._namespace) as tx:
                await service.begin_secret_change(tx, self._sealer, key, new, self._clock.now())
        except SecretChangePending:  # another process has begun it
            return
        await asyncio.sleep(self._seconds_to_settle)
        credentials, private_hosts = await self._credentials(key)
        outcome = await self._ask(credentials, new, private_hosts)
        logger.info("aemo.password_change_asked", extra={"participant": key.participant_id, "outcome": outcome})
        if outcome == "changed":
            await self._complete(key)
        elif outcome == "not-changed":
            await self._abandon(key)
        elif outcome == "old-refused":
            await self._abandon(key, stop=True)
        else:
            await self._find_out(key)

    async def _find_out(self, key: ParticipantKey) -> None:
        """Try the new password once, and then the old one once. That is recorded before, so that it is done once."""
        try:
            async with self._database.transaction(self._namespace) as tx:
                await service.stop_secret_change(tx, key, self._clock.now())
        except SecretChangePending:
            return
        credentials, private_hosts = await self._credentials(key)
        if await self._accepts(credentials, credentials.secrets.next_secret or "", private_hosts):
            await self._complete(key)
        elif await self._accepts(credentials, credentials.secrets.secret, private_hosts):
            await self._abandon(key)
        else:
            _alarm(key)

    async def _complete(self, key: ParticipantKey) -> None:
        async with self._database.transaction(self._namespace) as tx:
            await service.complete_secret_change(tx, self._sealer, key, self._clock.now())
        logger.info("aemo.password_changed", extra={"participant": key.participant_id})

    async def _abandon(self, key: ParticipantKey, *, stop: bool = False) -> None:
        """Keep the old password. With `stop`, nothing more is tried, because AEMO does not accept it either."""
        async with self._database.transaction(self._namespace) as tx:
            await service.abandon_secret_change(tx, key)
            if stop:
                await service.stop_secret_change(tx, key, self._clock.now())
        logger.warning("aemo.password_not_changed", extra={"participant": key.participant_id})
        if stop:
            _alarm(key)

    async def _credentials(self, key: ParticipantKey) -> tuple[MarketCredentials, frozenset[str]]:
        async with self._database.transaction(self._namespace) as tx:
            return await service.credentials(tx, self._sealer, key), await store.private_hosts(tx, key)

    async def _ask(self, credentials: MarketCredentials, new: str, private_hosts: frozenset[str]) -> Outcome:
        body = {"OldPassword": _encoded(credentials.secrets.secret), "NewPassword": _encoded(new)}
        request = AemoRequest(
            operation="ChangePassword",
            method="POST",
            path=CHANGE_PATH,
            version=1,
            parameters={},
            body=msgspec.json.encode(body),
            headers={"X-market": _MARKET},
            is_at_the_root=True,
        )
        try:
            response = await self._client.ask(credentials, request, _call(private_hosts))
        except OutboundError as error:
            return "not-changed" if error.is_unsent else "unknown"
        return _outcome(response)

    async def _accepts(self, credentials: MarketCredentials, password: str, private_hosts: frozenset[str]) -> bool:
        """Return whether AEMO certainly accepts a password: it has looked at the content, which names no service point.

        A 403 does not say it: it can be about the participant or the certificate.
        """
        tried = msgspec.structs.replace(
            credentials, secrets=msgspec.structs.replace(credentials.secrets, secret=password, next_secret=None)
        )
        body = b'{"data":{"servicePointIds":[]},"meta":{}}'
        request = AemoRequest("listElectricityServicePointsSR", "POST", "/electricity/servicepoints", 2, {}, body)
        try:
            response = await self._client.ask(tried, request, _call(private_hosts))
        except OutboundError:
            return False
        return response.status in _AUTHENTICATED


def new_password() -> str:
    """Return a random password that follows AEMO's rules: lower case, upper case, a digit and a sign (A-1)."""
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SIGNS)
    characters = [secrets.choice(each) for each in classes]
    characters += [secrets.choice("".join(classes)) for _ in range(PASSWORD_LENGTH - len(classes))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _alarm(key: ParticipantKey) -> None:
    """Call the staff. This is repeated with each run until they enter the password that AEMO accepts."""
    logger.error("aemo.password_change_stopped", extra={"participant": key.participant_id})


def _outcome(response: OutboundResponse) -> Outcome:
    if response.status == _UNAUTHORISED:
        return "old-refused"
    if response.status == _OK:
        try:
            return "changed" if msgspec.json.decode(response.json, type=_ChangeAnswer).success else "not-changed"
        except msgspec.DecodeError:
            return "unknown"
    return "not-changed" if response.status < _SERVER_ERRORS else "unknown"


def _encoded(password: str) -> str:
    return b64encode(password.encode()).decode()


def _call(private_hosts: frozenset[str]) -> AemoCall:
    return AemoCall(
        interaction_id=str(uuid4()),
        arrangement_id=uuid4(),
        private_hosts=private_hosts,
        deadline=asyncio.get_running_loop().time() + SECONDS_TO_ANSWER,
    )
