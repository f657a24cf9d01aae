"""The accreditation numbers of data recipients, which a person is told with the recipient's name (CDR Rules 4.23)."""

import time
from collections.abc import Mapping
from typing import Final

import msgspec

from haas.clock import Clock
from haas.database import Database, Namespace
from haas.outbound import Outbound, OutboundError
from tenants.register import store
from tenants.register.errors import RegisterUnreadable
from tenants.registry.models import RegisterEnvironment

RECIPIENTS: Final = "/cdr-register/v1/all/data-recipients"
VERSION: Final = "4"
FRESH_SECONDS: Final = 60.0
_OK = 200


class _Recipient(msgspec.Struct, rename="camel"):
    legal_entity_id: str
    accreditation_number: str


class _Recipients(msgspec.Struct):
    data: list[_Recipient]


class Accreditations:
    """What the Register calls the accreditation of each data recipient."""

    def __init__(self, database: Database, control: Namespace) -> None:
        """Keep the numbers in the `control` namespace."""
        self._database = database
        self._control = control
        self._known: dict[str, tuple[float, Mapping[str, str]]] = {}

    async def refresh(self, environment: RegisterEnvironment, outbound: Outbound, clock: Clock) -> int:
        """Ask the Register (Get Data Recipients 4) and keep what it says; return how many numbers it gave.

        Raises RegisterUnreadable; what was kept stays.
        """
        url = environment.public_base_uri.rstrip("/") + RECIPIENTS
        try:
            response = await outbound.get(url, headers={"Accept": "application/json", "x-v": VERSION})
            if response.status != _OK:
                raise RegisterUnreadable(f"{url} answered {response.status}")
            found = msgspec.json.decode(response.body, type=_Recipients).data
        except OutboundError as error:
            raise RegisterUnreadable(str(error)) from error
        except msgspec.DecodeError as error:
            raise RegisterUnreadable(f"{url} did not answer with a list of data recipients") from error
        numbers = {recipient.legal_entity_id: recipient.accreditation_number for recipient in found}
        async with self._database.transaction(self._control) as tx:
            await store.put_accreditations(tx, environment.id, numbers, clock.now())
        return len(numbers)

    async def number(self, environment_id: str, recipient_id: str) -> str | None:
        """Return a recipient's accreditation number; None where the Register has not said it yet.

        A number that is not known is looked for at once, one that is known again after a minute. Call it with no
        transaction open.
        """
        read_at, numbers = self._known.get(environment_id, (0.0, {}))
        if recipient_id not in numbers or time.monotonic() - read_at >= FRESH_SECONDS:
            async with self._database.transaction(self._control) as tx:
                numbers = await store.accreditations(tx, environment_id)
            self._known[environment_id] = time.monotonic(), numbers
        return numbers.get(recipient_id)
