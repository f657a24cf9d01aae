"""The demonstration data of a brand as the data of its retailer's own server (`ops/sandbox/retailer/data.py`).

The ids are those of the import: a tenant has the same accounts with the same ids, whichever source it uses.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from ops.demonstration.brands import BRANDS
from ops.demonstration.customers import demonstration_records
from ops.files import write_atomically
from tenants.accounts.internal_ids import nmi_without_check_digit, service_point_id
from tenants.cds.resource_ids import ServicePointId
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    LoginRecord,
    Record,
    RepresentationRecord,
    ResourceRecord,
    ServicePointRecord,
)
from tenants.imports.rows import supply_rows
from tenants.operations.resources import BALANCE, BILLING, CONCESSIONS, INVOICES, PAYMENT_SCHEDULES
from tenants.payloads.address_v1 import CommonPhysicalAddress
from tenants.upstream.eligibility import CustomerEligibility
from tenants.upstream.messages import AccountHolding, RepresentedCustomer, SuppliedServicePoint, User

JsonObject = dict[str, Any]
_LISTS: Final = (PAYMENT_SCHEDULES, CONCESSIONS)
_BILLS: Final = (INVOICES, BILLING)
RETAILER_BRAND: Final = "banksia"
"""The demonstration brand whose retailer has a server in the sandbox."""


def write_retailer_data(folder: Path, data_file: Path | None, today: date) -> None:
    """Write the file of the server of RETAILER_BRAND, unless it exists. `data_file` is as for the import."""
    file = folder / f"{RETAILER_BRAND}.json"
    if not file.exists():
        brand = next(each for each in BRANDS if each.slug == RETAILER_BRAND)
        folder.mkdir(mode=0o700, exist_ok=True)
        write_atomically(
            file, msgspec.json.encode(retailer_data(demonstration_records(brand.holder, data_file, today)))
        )


def retailer_data(located: Iterable[LocatedRecord]) -> JsonObject:
    """Return the content of the file of a brand. The records are those that an import of the brand has."""
    records = [each.record for each in located]
    nmis = {
        record.reference: nmi_without_check_digit(record.service_point.nationalMeteringId)
        for record in records
        if isinstance(record, ServicePointRecord)
    }
    return {**_people(records, nmis), **_accounts(records, nmis), **_account_data(records, nmis)}


def _people(records: Sequence[Record], nmis: Mapping[str, str]) -> JsonObject:
    """Return the users and the customers."""
    represented: dict[str, list[RepresentedCustomer]] = {}
    for record in records:
        if isinstance(record, RepresentationRecord):
            acts_for = RepresentedCustomer(customer_id=record.customer, role=record.role)
            represented.setdefault(record.login, []).append(acts_for)
    users = {
        record.reference: _json(_user(record, represented.get(record.reference, [])), nmis)
        for record in records
        if isinstance(record, LoginRecord)
    }
    everybody_is_eligible = _json(CustomerEligibility(ineligible=[]), nmis)
    customers = {
        record.reference: {**_json(record.customer, nmis), "x": everybody_is_eligible}
        for record in records
        if isinstance(record, CustomerRecord)
    }
    return {"users": users, "customers": customers}


def _accounts(records: Sequence[Record], nmis: Mapping[str, str]) -> JsonObject:
    """Return the list of accounts of each customer, and the accounts in detail."""
    accounts = {record.reference: record for record in records if isinstance(record, AccountRecord)}
    locations = {
        service_point_id(nmis[record.reference]): record.service_point.location
        for record in records
        if isinstance(record, ServicePointRecord)
    }
    held = {
        (record.customer, record.account): _listed(accounts[record.account], record, nmis, locations)
        for record in records
        if isinstance(record, HoldingRecord)
    }
    listed: dict[str, list[JsonObject]] = {}
    for (customer, _), account in held.items():
        listed.setdefault(customer, []).append(account)
    details = {reference: _json(record.account, nmis) for reference, record in accounts.items()}
    return {"accounts": listed, "accountDetails": details}


def _account_data(records: Sequence[Record], nmis: Mapping[str, str]) -> JsonObject:
    """Return the payment schedules, concessions, balances, invoices and transactions of each account."""
    data: JsonObject = {"balances": {}, **{resource.list_name: {} for resource in (*_LISTS, *_BILLS)}}
    for record in records:
        if not isinstance(record, ResourceRecord):
            continue
        if record.resource is BALANCE:
            data["balances"][record.owner] = record.items[0].balance
        elif record.resource in _LISTS:
            data[record.resource.list_name][record.owner] = [_json(item, nmis) for item in record.items]
        elif record.resource in _BILLS:
            bills = data[record.resource.list_name].setdefault(record.owner, [])
            bills += [(str(record.item_reference), _json(item, nmis)) for item in record.items]
    for resource in _BILLS:
        listed = data[resource.list_name]
        listed.update({account: _newest_first(bills, str(resource.dated_by)) for account, bills in listed.items()})
    return data


def _newest_first(bills: Iterable[tuple[str, JsonObject]], dated_by: str) -> list[JsonObject]:
    """Return invoices or transactions, newest first. Those of the same time are in the order of their references."""
    in_order = sorted(bills, key=lambda each: each[0])
    in_order.sort(key=lambda each: datetime.fromisoformat(each[1][dated_by]), reverse=True)
    return [bill for _, bill in in_order]


def _user(record: LoginRecord, customers: list[RepresentedCustomer]) -> User:
    return User(
        user_id=record.reference,
        identifier=record.identifier,
        name=record.name,
        given_name=record.given_name,
        family_name=record.family_name,
        email=record.email,
        mobile=record.mobile,
        channel=record.channel,
        customers=customers,
    )


def _listed(
    record: AccountRecord,
    held: HoldingRecord,
    nmis: Mapping[str, str],
    locations: Mapping[UUID, CommonPhysicalAddress],
) -> JsonObject:
    """Return an account of a customer's list. `locations` has the addresses of the service points by internal id."""
    of_points = {service_point_id(nmi): nmi for nmi in nmis.values()}
    points = {reference: service_point_id(nmi) for reference, nmi in nmis.items()}
    holding = AccountHolding(
        role=held.role,
        valid_from=held.valid_from,
        valid_to=held.valid_to if held.valid_to is not msgspec.UNSET else None,
        disclosure_option=record.disclosure_option,
        service_points=[
            SuppliedServicePoint(
                service_point_id=of_points[row["service_point_id"]],
                valid_from=row["valid_from"],
                valid_to=row["valid_to"],
                location=locations.get(row["service_point_id"]),
            )
            for row in supply_rows(record, points)
        ],
        ineligible=[],
        customer_ineligible=[],
    )
    return {**_json(record.account.summary(), nmis), "x": _json(holding, nmis)}


def _json(value: msgspec.Struct, nmis: Mapping[str, str]) -> JsonObject:
    """Return an object in JSON with the retailer's ids; the id of a service point is its NMI."""

    def written(reference: Any) -> str:
        return nmis[reference.value] if isinstance(reference, ServicePointId) else str(reference.value)

    found: JsonObject = msgspec.to_builtins(value, enc_hook=written)
    return found
