"""Reads the public status lists of the CDR Register.

These are Get Data Recipients Statuses 3 and Get Software Products Statuses 3 (CDS, Register APIs), which need no
authentication.
"""

import logging
from typing import Any, Final

import msgspec

from haas.outbound import Outbound, OutboundError
from tenants.register.errors import RegisterUnreadable
from tenants.register.models import PRODUCT_STATUSES, RECIPIENT_STATUSES, Statuses
from tenants.registry.models import RegisterEnvironment

logger = logging.getLogger(__name__)

VERSION: Final = "3"
RECIPIENTS: Final = "/cdr-register/v1/all/data-recipients/status"
PRODUCTS: Final = "/cdr-register/v1/all/data-recipients/brands/software-products/status"
MAXIMUM_ID = 36
_OK = 200


class RegisterApi:
    """A client of the status lists of a Register."""

    def __init__(self, outbound: Outbound) -> None:
        """`outbound` sends the requests."""
        self._outbound = outbound

    async def statuses(self, environment: RegisterEnvironment) -> Statuses:
        """Return every status in the lists of the Register that the standards define.

        "If Data Holders do not receive a status [...] or receives a status that is not recognised, Data Holders SHOULD
        ignore the value and use the previous status value" (CDS, Data Holder Responsibilities). So such entries are
        left out, and the caller keeps the status that it has stored. Raise RegisterUnreadable if one of the two answers
        is missing or is not a list of statuses.
        """
        base = environment.public_base_uri.rstrip("/")
        recipients = await self._list(base + RECIPIENTS, "legalEntityId", RECIPIENT_STATUSES)
        products = await self._list(base + PRODUCTS, "softwareProductId", PRODUCT_STATUSES)
        return msgspec.convert({"recipients": recipients, "products": products}, Statuses)

    async def _list(self, url: str, name: str, known: frozenset[str]) -> dict[str, str]:
        try:
            response = await self._outbound.get(url, headers={"Accept": "application/json", "x-v": VERSION})
        except OutboundError as error:
            raise RegisterUnreadable(str(error)) from error
        if response.status != _OK:
            raise RegisterUnreadable(f"{url} answered {response.status}")
        try:
            entries: Any = msgspec.json.decode(response.json)["data"]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError) as error:
            raise RegisterUnreadable(f"{url} did not answer with a list of statuses") from error
        if not isinstance(entries, list):
            raise RegisterUnreadable(f"{url} did not answer with a list of statuses")
        statuses = {entry[name]: entry["status"] for entry in entries if _is_recognised(entry, name, known)}
        if len(statuses) < len(entries):
            logger.warning(
                "register.entries_not_recognised",
                extra={"url": url, "entries": len(entries), "recognised": len(statuses)},
            )
        return statuses


def _is_recognised(entry: Any, name: str, known: frozenset[str]) -> bool:
    if not isinstance(entry, dict):
        return False
    subject, status = entry.get(name), entry.get("status")
    return isinstance(subject, str) and 0 < len(subject) <= MAXIMUM_ID and isinstance(status, str) and status in known
