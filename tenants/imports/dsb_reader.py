"""Reading the file of the Data Standards Body's test data generator.

One JSON document: holders, each with customers, each with their service points and accounts. The file's plans name
service points by NMI, mostly by one that the file does not have: NMIs are resolved, what points nowhere is dropped, and
both are reported as mends. A line is that on which the customer begins. The file's status and outages are made up and
not read.
"""

from collections.abc import Generator, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tenants.cds.field_types import Payload
from tenants.imports.files import FileLimits, content
from tenants.imports.json_walk import ANY, Broken, Element, elements
from tenants.imports.mends import ACCOUNT_MENDS, CUSTOMER_MENDS, SERVICE_POINT_MENDS, Mend, mend
from tenants.imports.records import AccountRecord, CustomerRecord, HoldingRecord, ServicePointRecord
from tenants.imports.report import Place, Report
from tenants.imports.sourced import Sourced
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2

_Kind = TypeVar("_Kind", bound=Payload)
_TO_CUSTOMERS = ("holders", ANY, "holder", "authenticated", "customers", ANY)
_LONG_AGO = date(2000, 1, 1)


def read_dsb(path: Path, holder: int, report: Report, limits: FileLimits | None = None) -> Iterator[Sourced]:
    """Yield the good records of holder number `holder` (from 0) of a file; report bad records and mends.

    What is truncated or broken is read up to there.
    """
    text = content(path, report, limits or FileLimits()).decode("utf-8", "surrogateescape")
    try:
        for element in elements(text, *_TO_CUSTOMERS):
            if element.path.startswith(f"$.holders[{holder}]."):
                yield from _Customer(Place(path.name, element.line, element.path), report).records(element)
    except Broken as broken:
        report.problem(Place(path.name, broken.line), f"not JSON from here on: {broken.reason}")


class _Customer:
    """One customer of the file, with all that is theirs."""

    def __init__(self, place: Place, report: Report) -> None:
        self._place = place
        self._report = report

    def records(self, element: Element) -> Iterator[Sourced]:
        """Yield what stands alone before what names it: service points, the customer, accounts with their holdings."""
        value = element.value
        if not _is_text(value):
            self._report.problem(self._place, "not UTF-8, or with the character U+0000")
        elif not isinstance(value, dict) or not isinstance(value.get("customerId"), str):
            self._report.problem(self._place, "not an object with a customerId")
        else:
            energy = value.get("energy")
            known = yield from self._service_points(energy)
            place = self._place._replace(path=f"{self._place.path}.customer")
            customer = self._typed(place, value.get("customer"), CUSTOMER_MENDS, CommonCustomerDetailV2)
            if customer is not None:
                yield Sourced(place, CustomerRecord(reference=value["customerId"], customer=customer))
                yield from self._accounts(energy, value["customerId"], known)

    def _service_points(self, energy: Any) -> Generator[Sourced, None, dict[str, str]]:
        """Yield the good service points; return their ids by NMI, and by themselves."""
        known: dict[str, str] = {}
        for place, item in self._members(energy, "servicePoints", "servicePoint"):
            point = self._typed(place, item, SERVICE_POINT_MENDS, EnergyServicePointDetailV2)
            if point is not None:
                known[point.nationalMeteringId] = known[point.servicePointId] = point.servicePointId
                yield Sourced(place, ServicePointRecord(service_point=point))
        return known

    def _accounts(self, energy: Any, customer: str, known: dict[str, str]) -> Iterator[Sourced]:
        for place, item in self._members(energy, "accounts", "account"):
            self._resolve(place, item, known)
            account = self._typed(place, item, ACCOUNT_MENDS, EnergyAccountDetailV4)
            if account is None:
                continue
            yield Sourced(place, AccountRecord(account=account))
            began = account.creationDate or min(
                (plan.planOverview.startDate for plan in account.plans if plan.planOverview), default=_LONG_AGO
            )
            yield Sourced(
                place, HoldingRecord(customer=customer, account=account.accountId, role="holder", valid_from=began)
            )

    def _members(self, energy: Any, array: str, member: str) -> Iterator[tuple[Place, Any]]:
        items = energy.get(array) if isinstance(energy, dict) else None
        for index, item in enumerate(items if isinstance(items, list) else []):
            place = self._place._replace(path=f"{self._place.path}.energy.{array}[{index}].{member}")
            yield place, item.get(member) if isinstance(item, dict) else None

    def _resolve(self, place: Place, account: Any, known: dict[str, str]) -> None:
        """Write the plans' service points by their ids, without those that the customer does not have."""
        plans = account.get("plans") if isinstance(account, dict) else None
        for index, plan in enumerate(plans if isinstance(plans, list) else []):
            named = plan.get("servicePointIds") if isinstance(plan, dict) else None
            if not isinstance(named, list):
                continue
            found = [known[name] for name in named if isinstance(name, str) and name in known]
            there = place._replace(path=f"{place.path}.plans[{index}].servicePointIds")
            resolved = [name for name in named if known.get(name, name) != name]
            if resolved:
                self._report.mend(there, f"NMI resolved to its service point ({len(resolved)})")
            if len(found) < len(named):
                self._report.mend(there, f"names no service point of the file, dropped ({len(named) - len(found)})")
            plan["servicePointIds"] = found

    def _typed(self, place: Place, value: Any, mends: tuple[Mend, ...], kind: type[_Kind]) -> _Kind | None:
        if isinstance(value, dict):
            mend(value, mends, lambda path, what: self._report.mend(place._replace(path=place.path + path[1:]), what))
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            self._report.invalid(place, error)
            return None


def _is_text(value: Any) -> bool:
    """Whether every string is text that UTF-8 and Postgres can hold."""
    try:
        return b"\\u0000" not in msgspec.json.encode(value)
    except UnicodeEncodeError:
        return False
