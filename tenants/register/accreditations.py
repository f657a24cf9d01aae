"""The accreditation numbers of data recipients. Pages show them beside the recipient's name (CDR Rules 4.23)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from haas.cache import CacheLimits, TimedCache
from haas.clock import Clock
from haas.database import Database, Namespace
from haas.outbound import Outbound, OutboundError
from tenants.register import store
from tenants.register.errors import RegisterUnreadable
from tenants.registry.models import RegisterEnvironment

RECIPIENTS: Final = "/cdr-register/v1/all/data-recipients"
VERSION: Final = "4"
FRESH_FOR: Final = timedelta(minutes=1)
MAXIMUM_ENVIRONMENTS: Final = 100
_OK = 200


class _Recipient(msgspec.Struct, rename="camel"):
    legal_entity_id: str
    accreditation_number: str


class _Recipients(msgspec.Struct):
    data: list[_Recipient]


class Accreditations:
    """The accreditation number of each data recipient, by register environment and legal entity id."""

    def __init__(self, database: Database, control: Namespace, clock: Clock) -> None:
        """`control` is the namespace of the table that stores the numbers."""
        self._database = database
        self._control = control
        self._clock = clock
        self._numbers: TimedCache[str, Mapping[str, str]] = TimedCache(
            clock, CacheLimits(fresh_for=FRESH_FOR), MAXIMUM_ENVIRONMENTS
        )

    async def refresh(self, environment: RegisterEnvironment, outbound: Outbound) -> int:
        """Fetch the numbers from the Register (Get Data Recipients 4) and store them. Return their count.

        Raise RegisterUnreadable; the stored numbers then stay unchanged.
        """
        url = environment.public_base_uri.rstrip("/") + RECIPIENTS
        try:
            response = await outbound.get(url, headers={"Accept": "application/json", "x-v": VERSION})
            if response.status != _OK:
                raise RegisterUnreadable(f"{url} answered {response.status}")
            found = msgspec.json.decode(response.json, type=_Recipients).data
        except OutboundError as error:
            raise RegisterUnreadable(str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RegisterUnreadable(f"{url} did not answer with a list of data recipients") from error
        numbers = {recipient.legal_entity_id: recipient.accreditation_number for recipient in found}
        async with self._database.transaction(self._control) as tx:
            await store.put_accreditations(tx, environment.id, numbers, self._clock.now())
        return len(numbers)

    async def number(self, environment_id: str, recipient_id: str) -> str | None:
        """Return the accreditation number of a recipient, or None if the Register has not published it yet.

        The stored numbers are read again after a minute, and at once for a recipient without a number. Call it while
        no transaction is open.
        """
        numbers = self._numbers.fresh(environment_id)
        if numbers is None or recipient_id not in numbers:
            numbers = await self._numbers_with(environment_id, recipient_id)
        return numbers.get(recipient_id)

    async def _numbers_with(self, environment_id: str, recipient_id: str) -> Mapping[str, str]:
        async def load(_: Mapping[str, str] | None) -> Mapping[str, str]:
            async with self._database.transaction(self._control) as tx:
                return await store.accreditations(tx, environment_id)

        return await self._numbers.get(environment_id, load, lambda read: recipient_id in read)
