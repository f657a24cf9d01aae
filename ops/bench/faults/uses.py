"""Uses what is in a ledger again, through the API: what was acknowledged works, and what was used or ended does not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from ops.bench.faults.ledger import Entry, Ledger
from ops.bench.faults.people import asked
from ops.browser.errors import Unexpected
from ops.sandbox.recipient.answers import Flow, Refused, Tokens
from ops.sandbox.recipient.client import RecipientClient
from ops.smoke.participants import Participants

NEWEST: Final = 200
"""How many entries of each kind are used, the newest ones. The database is asked for all."""
_AT_A_TIME: Final = 8
_OK: Final = 200
_REFUSALS: Final = (400, 401, 403)


class Uses:
    """The client to which a brand has acknowledged the entries."""

    def __init__(self, client: RecipientClient, participants: Participants) -> None:
        """Use the entries as `client`."""
        self._client = client
        self._participants = participants

    async def wrong(self, ledger: Ledger) -> list[str]:
        """Return the entries that do not behave as they should, as lines of text."""
        kinds: dict[str, Callable[[Entry], Awaitable[bool]]] = {
            "access tokens": self._access_token_works,
            "revoked access tokens": self._access_token_is_refused,
            "pushed requests": self._request_can_be_opened,
            "used requests": self._request_is_used,
            "used assertions": self._assertion_is_refused,
            "consents": self._consent_works,
            "ended consents": self._consent_has_ended,
            "notices": self._recipient_was_notified,
        }
        found = []
        for kind, is_right in kinds.items():
            usable = [each for each in ledger.entries(kind) if self._is_usable(each)]
            wrong = await self._count_wrong(is_right, usable[-NEWEST:])
            if wrong:
                found.append(f"not as acknowledged when used again: {wrong} of {len(usable[-NEWEST:])} {kind}")
        return found

    async def _count_wrong(self, is_right: Callable[[Entry], Awaitable[bool]], entries: list[Entry]) -> int:
        free = asyncio.Semaphore(_AT_A_TIME)

        async def is_wrong(entry: Entry) -> bool:
            async with free:
                # An entry may expire before it is its turn.
                return not await is_right(entry) and self._is_usable(entry)

        return sum(await asyncio.gather(*map(is_wrong, entries)))

    def _is_usable(self, entry: Entry) -> bool:
        return entry.usable_until is None or entry.usable_until > self._client.clock.now()

    async def _access_token_works(self, entry: Entry) -> bool:
        return await self._status_of(entry.proof) == _OK

    async def _access_token_is_refused(self, entry: Entry) -> bool:
        return await self._status_of(entry.proof) in _REFUSALS

    async def _request_can_be_opened(self, entry: Entry) -> bool:
        return await self._asks_for_an_identifier(entry.proof)

    async def _request_is_used(self, entry: Entry) -> bool:
        return not await self._asks_for_an_identifier(entry.proof)

    async def _assertion_is_refused(self, entry: Entry) -> bool:
        try:
            await self._client.introspect("any", form={"client_assertion": entry.proof})
        except Refused as refusal:
            return refusal.status in _REFUSALS
        return False

    async def _consent_works(self, entry: Entry) -> bool:
        tokens: Tokens = entry.proof
        try:
            renewed = await self._client.refresh(str(tokens.refresh_token))
        except Refused:
            return False
        answer = await self._client.introspect(str(tokens.refresh_token))
        arrangement_is_right = answer.active and answer.cdr_arrangement_id == tokens.cdr_arrangement_id
        return arrangement_is_right and await self._status_of(renewed.access_token) == _OK

    async def _consent_has_ended(self, entry: Entry) -> bool:
        tokens: Tokens = entry.proof
        try:
            await self._client.refresh(str(tokens.refresh_token))
        except Refused as refusal:
            refused = refusal.error == "invalid_grant"
        else:
            refused = False
        inactive = not (await self._client.introspect(str(tokens.refresh_token))).active
        return refused and inactive and await self._status_of(tokens.access_token) in _REFUSALS

    async def _recipient_was_notified(self, entry: Entry) -> bool:
        try:
            await asked(lambda: self._participants.control.notice(entry.proof))
        except Unexpected:
            return False
        return True

    async def _status_of(self, access_token: str) -> int:
        return (await self._client.resource("/energy/accounts", access_token, version=2)).status_code

    async def _asks_for_an_identifier(self, flow: Flow) -> bool:
        person = await self._participants.person()
        await person.open(self._client.authorisation_url(flow))
        asks = person.left_for is None and "identifier" in person.page.elements
        await person.http.aclose()
        return asks
