"""Convert import records to table rows."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from tenants.accounts.internal_ids import internal_id, internal_id_of, nmi_without_check_digit, service_point_id
from tenants.cds.resource_ids import ServicePointId
from tenants.imports.records import (
    AccountRecord,
    AccountSupply,
    CustomerRecord,
    ListedAccountRecord,
    LoginRecord,
    ResourceChange,
    ServicePointRecord,
)
from tenants.parties.models import canonical_identifier
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.sources.tables import column_of

Row = dict[str, Any]


def service_point_row(record: ServicePointRecord, now: datetime) -> Row:
    """Return the row of a service point."""
    point = record.service_point
    point_id = service_point_id(point.nationalMeteringId)
    return {
        "id": point_id,
        "reference": record.reference,
        "national_metering_id": point.nationalMeteringId,
        "detail": to_json(point, {record.reference: point_id}),
        "updated_at": now,
    }


def customer_row(record: CustomerRecord, now: datetime) -> Row:
    """Return the row of a customer."""
    return {
        "id": internal_id("customer", record.reference),
        "reference": record.reference,
        "kind": record.customer.customerUType,
        "name": customer_name(record.customer),
        "detail": to_json(record.customer.person or record.customer.organisation, {}),
        "updated_at": now,
    }


def customer_name(customer: CommonCustomerDetailV2) -> str:
    """Return the name under which a customer is shown."""
    if customer.person is not None:
        return " ".join(part for part in (customer.person.firstName, customer.person.lastName) if part)
    return customer.organisation.businessName if customer.organisation is not None else ""


def account_row(record: AccountRecord, service_points: Mapping[str, UUID], now: datetime) -> Row:
    """Return the row of an account. `service_points` has the internal ids of service points by their references."""
    account = record.account
    return {
        "id": internal_id("account", record.reference),
        "reference": record.reference,
        "account_number": account.accountNumber,
        "display_name": account.displayName,
        "open_status": account.openStatus or "OPEN",
        "creation_date": account.creationDate,
        "summary": to_json(account.summary().plans, service_points),
        "detail": to_json(account.plans, service_points),
        "updated_at": now,
    }


def listed_account_row(record: ListedAccountRecord, now: datetime) -> Row:
    """Return the row of an account whose details are on the retailer's own server.

    `detail` has the plans without their details. So the store does not disclose them as complete: the plan of an open
    account must have a detail.
    """
    account = record.account
    points = {reference: service_point_id(reference) for reference in named_service_points(account)}
    plans = to_json(account.plans, points)
    return {
        "id": internal_id("account", record.reference),
        "reference": record.reference,
        "account_number": account.accountNumber,
        "display_name": account.displayName,
        "open_status": account.openStatus or "OPEN",
        "creation_date": account.creationDate,
        "summary": plans,
        "detail": plans,
        "updated_at": now,
    }


def supplied_point_row(supply: AccountSupply, now: datetime) -> Row:
    """Return the row of a service point of which only the NMI is known, and perhaps the address.

    The store does not disclose it: `detail` lacks what is mandatory.
    """
    nmi = nmi_without_check_digit(supply.nmi)
    return {
        "id": service_point_id(nmi),
        "reference": nmi,
        "national_metering_id": supply.nmi,
        "detail": {} if supply.location is None else {"location": msgspec.to_builtins(supply.location)},
        "updated_at": now,
    }


def listed_supply_rows(record: ListedAccountRecord) -> list[Row]:
    """Return one row for each period in which a service point supplies the account."""
    account_id = internal_id("account", record.reference)
    by_key = {
        (service_point_id(each.nmi), each.valid_from): {
            "account_id": account_id,
            "service_point_id": service_point_id(each.nmi),
            "valid_from": each.valid_from,
            "valid_to": each.valid_to,
            "participant_id": each.participant_id,
        }
        for each in record.supplies
    }
    return list(by_key.values())


def disclosure_option_row(record: AccountRecord | ListedAccountRecord, now: datetime) -> Row:
    """Return the row of the disclosure option that an account record contains."""
    return {
        "account_id": internal_id("account", record.reference),
        "option": record.disclosure_option,
        "since": now,
        "set_by": "import",
    }


def to_json(payload: object, service_points: Mapping[str, UUID]) -> Any:
    """Return a payload as a value of a JSON column, with internal ids in place of the retailer's references."""
    return msgspec.to_builtins(payload, enc_hook=lambda reference: str(internal_id_of(reference, service_points)))


def named_service_points(payload: object) -> set[str]:
    """Return the references of the service points that a payload contains."""
    found: set[str] = set()

    def collect(reference: object) -> None:
        if isinstance(reference, ServicePointId):
            found.add(reference.value)

    msgspec.to_builtins(payload, enc_hook=collect)
    return found


def resource_rows(
    record: ResourceChange, owner: Mapping[str, UUID], service_points: Mapping[str, UUID], now: datetime
) -> list[Row]:
    """Return one row for each item of a resource. `owner` is the column of the owner with its internal id."""
    resource = record.resource
    written = [
        {
            **owner,
            **{column_of(field): getattr(item, field) for field in resource.compared_fields},
            "detail": to_json(item, service_points),
            "updated_at": now,
        }
        for item in record.items
    ]
    if resource.imported_as_list:
        return [{**row, "position": position} for position, row in enumerate(written)]
    return [{**row, "reference": record.item_reference} for row in written] if resource.many else written


def supply_rows(record: AccountRecord, service_points: Mapping[str, UUID]) -> list[Row]:
    """Return one row for each service point that supplied the account.

    Its period begins with the earliest and ends with the latest of the account's plans that name the service point.
    """
    account_id = internal_id("account", record.reference)
    periods: dict[UUID, tuple[date, date | None]] = {}
    for plan in record.account.plans:
        began = plan.planOverview.startDate if plan.planOverview else record.account.creationDate or date.min
        ended = plan.planOverview.endDate if plan.planOverview else None
        for reference in plan.servicePointIds:
            point = service_points[reference.value]
            first, last = periods.get(point, (began, ended))
            periods[point] = (min(first, began), None if last is None or ended is None else max(last, ended))
    return [
        {"account_id": account_id, "service_point_id": point, "valid_from": first, "valid_to": last}
        for point, (first, last) in periods.items()
    ]


def login_row(record: LoginRecord, source: str, now: datetime) -> Row:
    """Return the columns of a login that a record determines. `source` is the file and the line of the record."""
    return {
        "id": internal_id("login", record.reference),
        "reference": record.reference,
        "identifier": canonical_identifier(record.identifier),
        "source": source,
        "email": record.email,
        "mobile": record.mobile,
        "channel": record.channel,
        "name": record.name,
        "given_name": record.given_name,
        "family_name": record.family_name,
        "updated_at": now,
    }
