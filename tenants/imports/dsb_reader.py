"""Read the file of the Data Standards Body's test data generator.

The file is one JSON document. It contains holders; each holder has customers, and each customer has service points and
accounts. Plans, invoices and transactions refer to service points by NMI, and most of these NMIs belong to no service
point in the file. The reader replaces an NMI by the id of its service point, removes an NMI that belongs to no service
point, and reports both as fixes. The reported line number is the line on which the customer begins. The status and the
outages in the file are not read, because the generator invents them.
"""

from collections.abc import Generator, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tenants.cds.resource_ids import read_id
from tenants.imports.files import FileLimits, FilePosition, file_content
from tenants.imports.fixes import (
    ACCOUNT_FIXES,
    BALANCE_FIXES,
    CONCESSION_FIXES,
    CUSTOMER_FIXES,
    DER_FIXES,
    INVOICE_FIXES,
    PAYMENT_SCHEDULE_FIXES,
    SERVICE_POINT_FIXES,
    TRANSACTION_FIXES,
    USAGE_FIXES,
    FieldFix,
    apply_fixes,
)
from tenants.imports.located_record import LocatedRecord
from tenants.imports.partial_json import EVERY_ELEMENT, InvalidJson, JsonElement, elements
from tenants.imports.records import (
    RESOURCE_RECORDS,
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    ResourceRecord,
    ServicePointRecord,
    UsageRecord,
)
from tenants.imports.report import FileLocation, Report
from tenants.operations.models import Resource
from tenants.operations.resources import BALANCE, BILLING, CONCESSIONS, DER, INVOICES, PAYMENT_SCHEDULES
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2
from tenants.payloads.energy_usage_v1 import EnergyUsageRead

_Kind = TypeVar("_Kind", bound=msgspec.Struct)
_TO_CUSTOMERS = ("holders", EVERY_ELEMENT, "holder", "authenticated", "customers", EVERY_ELEMENT)
_DEFAULT_START = date(2000, 1, 1)
_ACCOUNT_DATA = (
    ("paymentSchedule", PAYMENT_SCHEDULES, PAYMENT_SCHEDULE_FIXES),
    ("concessions", CONCESSIONS, CONCESSION_FIXES),
    ("balance", BALANCE, BALANCE_FIXES),
    ("invoices", INVOICES, INVOICE_FIXES),
    ("transactions", BILLING, TRANSACTION_FIXES),
)
"""The members beside an account that contain its data, each with the resource and its fixes."""


def read_dsb(
    path: Path,
    holder: int,
    report: Report,
    limits: FileLimits | None = None,
    position: FilePosition | None = None,
) -> Iterator[LocatedRecord]:
    """Yield the valid records of holder number `holder` (from 0) of a file; report invalid records and fixes.

    If the file is truncated or is not JSON from some point on, the records before that point are yielded. `position`
    follows the reading of the file, which is in memory before the first record is yielded.
    """
    content = file_content(path, report, limits or FileLimits(), position)
    if content is None:
        return
    found = False
    try:
        for element in elements(content.decode("utf-8", "surrogateescape"), *_TO_CUSTOMERS):
            if element.path.startswith(f"$.holders[{holder}]."):
                found = True
                yield from _CustomerReader(FileLocation(path.name, element.line, element.path), report).records(element)
    except InvalidJson as error:
        report.add_problem(FileLocation(path.name, error.line), f"not JSON from here on: {error.reason}")
    else:
        if not found:
            location = FileLocation(path.name, 1, f"$.holders[{holder}]")
            report.add_problem(location, "the file has no customers of this holder")


class _CustomerReader:
    """Reads one customer of the file, with the customer's service points and accounts."""

    def __init__(self, location: FileLocation, report: Report) -> None:
        self._location = location
        self._report = report

    def records(self, element: JsonElement) -> Iterator[LocatedRecord]:
        """Yield the customer's records. A record comes after the records that it refers to.

        The order is: service points, the customer, and each account with its holding.
        """
        value = element.value
        if not _is_text(value):
            self._report.add_problem(self._location, "not UTF-8, or contains the character U+0000")
        elif not isinstance(value, dict) or not isinstance(value.get("customerId"), str):
            self._report.add_problem(self._location, "not an object with a customerId")
        else:
            energy = value.get("energy")
            ids = yield from self._service_points(energy)
            location = self._location._replace(path=f"{self._location.path}.customer")
            customer = self._convert(location, value.get("customer"), CUSTOMER_FIXES, CommonCustomerDetailV2)
            if customer is not None:
                yield LocatedRecord(location, CustomerRecord(reference=value["customerId"], customer=customer))
                yield from self._accounts(energy, value["customerId"], ids)

    def _service_points(self, energy: Any) -> Generator[LocatedRecord, None, dict[str, str]]:
        """Yield the valid service points; return a mapping from NMIs and from ids to the ids of the service points."""
        ids: dict[str, str] = {}
        for element, item in self._elements(energy, "servicePoints"):
            location = _member(element, "servicePoint")
            point = self._convert(location, item.get("servicePoint"), SERVICE_POINT_FIXES, EnergyServicePointDetailV2)
            if point is not None:
                ids[point.nationalMeteringId] = ids[point.servicePointId.value] = point.servicePointId.value
                yield LocatedRecord(location, ServicePointRecord(service_point=point))
                yield from self._der(element, item)
                yield from self._usage(element, item)
        return ids

    def _der(self, location: FileLocation, item: dict[str, Any]) -> Iterator[LocatedRecord]:
        if DER.name in item:
            record = self._convert(location, {DER.name: item[DER.name]}, DER_FIXES, RESOURCE_RECORDS[DER])
            if record is not None:
                yield LocatedRecord(location, record)

    def _usage(self, location: FileLocation, item: dict[str, Any]) -> Iterator[LocatedRecord]:
        reads = item.get("usage")
        for index, value in enumerate(reads if isinstance(reads, list) else []):
            place = location._replace(path=f"{location.path}.usage[{index}]")
            read = self._convert(place, value, USAGE_FIXES, EnergyUsageRead)
            if read is not None:
                yield LocatedRecord(place, UsageRecord(read=read))

    def _accounts(self, energy: Any, customer: str, ids: dict[str, str]) -> Iterator[LocatedRecord]:
        for element, item in self._elements(energy, "accounts"):
            location = _member(element, "account")
            self._resolve_service_points(location, item.get("account"), ids)
            account = self._convert(location, item.get("account"), ACCOUNT_FIXES, EnergyAccountDetailV4)
            if account is None:
                continue
            yield LocatedRecord(location, AccountRecord(account=account))
            began = account.creationDate or min(
                (plan.planOverview.startDate for plan in account.plans if plan.planOverview), default=_DEFAULT_START
            )
            held = HoldingRecord(customer=customer, account=account.accountId.value, role="holder", valid_from=began)
            yield LocatedRecord(location, held)
            yield from self._account_data(element, item, account.accountId.value, ids)

    def _account_data(
        self, location: FileLocation, item: dict[str, Any], account: str, ids: dict[str, str]
    ) -> Iterator[LocatedRecord]:
        for name, resource, fixes in _ACCOUNT_DATA:
            if name not in item:
                continue
            if resource.imported_one_by_one:
                for place, found in self._items_of_account(location, item[name], resource, fixes, ids):
                    if found.owner == account:
                        yield LocatedRecord(place, found)
                    else:
                        self._report.add_problem(place, "the accountId is that of another account")
                continue
            if resource.imported_as_list:
                value = {"account": account, resource.list_name: item[name]}
            else:
                value = {resource.name: {"accountId": account, name: item[name]}}
            record = self._convert(location, value, fixes, RESOURCE_RECORDS[resource])
            if record is not None:
                yield LocatedRecord(location, record)

    def _items_of_account(
        self, location: FileLocation, items: Any, resource: Resource, fixes: tuple[FieldFix, ...], ids: dict[str, str]
    ) -> Iterator[tuple[FileLocation, ResourceRecord]]:
        """Yield one record for each item. Its reference is its number in the file: transactions have no other id."""
        name = resource.list_name
        given = {name: items}
        self._fix(location, given, fixes)
        if not isinstance(given[name], list):
            self._report.add_problem(location._replace(path=f"{location.path}.{name}"), "not an array")
            return
        for index, item in enumerate(given[name]):
            place = location._replace(path=f"{location.path}.{name}[{index}]")
            self._resolve_service_points_of_item(place, item, ids)
            converted = self._convert(place, item, (), resource.item)
            if converted is not None:
                yield place, RESOURCE_RECORDS[resource](reference=str(index), **{resource.imported_member: converted})

    def _elements(self, energy: Any, array: str) -> Iterator[tuple[FileLocation, dict[str, Any]]]:
        """Yield the elements of an array with their locations, an empty object for each that is not an object."""
        items = energy.get(array) if isinstance(energy, dict) else None
        for index, item in enumerate(items if isinstance(items, list) else []):
            location = self._location._replace(path=f"{self._location.path}.energy.{array}[{index}]")
            yield location, item if isinstance(item, dict) else {}

    def _resolve_service_points(self, location: FileLocation, account: Any, ids: dict[str, str]) -> None:
        """Replace NMIs in the account's plans by service point ids. Remove NMIs of other customers' service points."""
        plans = account.get("plans") if isinstance(account, dict) else None
        for index, plan in enumerate(plans if isinstance(plans, list) else []):
            place = location._replace(path=f"{location.path}.plans[{index}]")
            self._resolve_list(place, plan, "servicePointIds", ids)

    def _resolve_service_points_of_item(self, location: FileLocation, item: Any, ids: dict[str, str]) -> None:
        """Do the same in an invoice, and in the charge of a transaction."""
        self._resolve_list(location, item, "servicePoints", ids)
        for name, charge in item.items() if isinstance(item, dict) else ():
            named = charge.get("servicePointId") if isinstance(charge, dict) else None
            if isinstance(named, str) and ids.get(named) != named:
                place = location._replace(path=f"{location.path}.{name}.servicePointId")
                if named in ids:
                    charge["servicePointId"] = ids[named]
                    self._report.add_fix(place, "NMI replaced by the service point id (1)")
                else:
                    del charge["servicePointId"]
                    self._report.add_fix(place, "removed the NMI of an unknown service point (1)")

    def _resolve_list(self, location: FileLocation, parent: Any, member: str, ids: dict[str, str]) -> None:
        named = parent.get(member) if isinstance(parent, dict) else None
        if not isinstance(named, list):
            return
        found = [ids[name] for name in named if isinstance(name, str) and name in ids]
        array = location._replace(path=f"{location.path}.{member}")
        resolved = [name for name in named if isinstance(name, str) and ids.get(name, name) != name]
        if resolved:
            self._report.add_fix(array, f"NMI replaced by the service point id ({len(resolved)})")
        if len(found) < len(named):
            self._report.add_fix(array, f"removed the NMI of an unknown service point ({len(named) - len(found)})")
        parent[member] = found

    def _convert(
        self, location: FileLocation, value: Any, fixes: tuple[FieldFix, ...], kind: type[_Kind]
    ) -> _Kind | None:
        self._fix(location, value, fixes)
        try:
            return msgspec.convert(value, kind, dec_hook=read_id)
        except msgspec.ValidationError as error:
            self._report.add_invalid_record(location, error)
            return None

    def _fix(self, location: FileLocation, value: Any, fixes: tuple[FieldFix, ...]) -> None:
        if isinstance(value, dict):
            apply_fixes(
                value,
                fixes,
                lambda path, what: self._report.add_fix(location._replace(path=location.path + path[1:]), what),
            )


def _member(location: FileLocation, name: str) -> FileLocation:
    return location._replace(path=f"{location.path}.{name}")


def _is_text(value: Any) -> bool:
    """Return whether UTF-8 and PostgreSQL can store every string of the value."""
    try:
        return b"\\u0000" not in msgspec.json.encode(value)
    except UnicodeEncodeError:
        return False
