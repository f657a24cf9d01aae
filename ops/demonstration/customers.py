"""The customers of a demonstration brand: one holder of a data file or of the generator, and logins for its people.

The data contains no logins and no joint accounts. This module adds logins with email addresses under `.test`, a joint
account, a joint account with the disclosure option "no-disclosure", an organisation with two representatives, a person
with an attorney, the data behind the accounts, such as payment schedules and bills, and that behind the service points.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from haas.database import Database, Namespace
from ops.demonstration.account_data import account_data
from ops.demonstration.bills import bills
from ops.demonstration.generator import generate
from ops.demonstration.service_point_data import service_point_data
from ops.demonstration.usage_data import usage_data
from tenants.imports.dsb_reader import read_dsb
from tenants.imports.fixes import TEST_MAIL_DOMAIN
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    LoginRecord,
    Record,
    RepresentationRecord,
    ResourceChange,
    ServicePointRecord,
)
from tenants.imports.report import FileLocation, Report
from tenants.imports.rows import customer_name
from tenants.imports.service import import_records
from tenants.operations.resources import INVOICES
from tenants.parties.models import RepresentationRole

REPRESENTATIVES = (("Robin", "Ashby"), ("Sacha", "Moreau"), ("Jordan", "Fell"), ("Kim", "Aitken"))
REPRESENTATIVES_OF_THE_FIRST_ORGANISATION = 2
ATTORNEY = ("Morgan", "Ellery")


class DemonstrationCustomer(msgspec.Struct, frozen=True):
    """A person who can sign in at a demonstration brand."""

    identifier: str
    name: str
    customer: str
    """The name of the customer they act for."""
    kind: str
    """`person`, `joint-holder`, `representative` or `attorney`: the kind of consent that this login can test."""


class Demonstration(NamedTuple):
    """The report of the import, and who can sign in."""

    report: Report
    customers: list[DemonstrationCustomer]


async def load_demonstration(
    database: Database,
    namespace: Namespace,
    holder_index: int,
    *,
    file: Path | None,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> Demonstration:
    """Load holder `holder_index` of the Data Standards Body's file, or generated data if `file` is None.

    Loading again changes nothing, except that bills and meter reads of the time since then are added.
    """
    report = Report()
    holder = _HolderRecords.read(holder_index, file, report, now.date())
    await import_records(database, namespace, holder.all(), report, now=now, progress=progress)
    return Demonstration(report, holder.people)


def demonstration_records(holder_index: int, file: Path | None, today: date) -> list[LocatedRecord]:
    """Return the records that `load_demonstration` loads on a day."""
    return list(_HolderRecords.read(holder_index, file, Report(), today).all())


def demonstration_people(holder_index: int, file: Path | None, today: date) -> list[DemonstrationCustomer]:
    """Return who can sign in at a brand with these records."""
    return _HolderRecords.read(holder_index, file, Report(), today).people


class _HolderRecords:
    """The records of a data holder, and the records that are added to them."""

    def __init__(self, records: list[LocatedRecord], today: date) -> None:
        self._records = records
        self.people: list[DemonstrationCustomer] = []
        self._added: list[Record] = []
        self._taken: set[str] = set()
        accounts = [record for _, record in records if isinstance(record, AccountRecord)]
        billed = {
            record.owner for _, record in records if isinstance(record, ResourceChange) and record.resource is INVOICES
        }
        for number, record in enumerate(accounts):
            self._added.extend(account_data(record.reference, number))
            if record.reference not in billed:  # a file has bills of its own
                self._added.extend(bills(record.account, number, today))
        points = [record for _, record in records if isinstance(record, ServicePointRecord)]
        for number, point in enumerate(points):
            self._added.extend(service_point_data(point.reference, number))
            if point.service_point.servicePointStatus != "GREENFIELD":  # no meter is installed yet
                self._added.extend(usage_data(point.reference, number, today))
        customers = [record for _, record in records if isinstance(record, CustomerRecord)]
        persons = [record for record in customers if record.customer.person is not None]
        organisations = [record for record in customers if record.customer.organisation is not None]
        self._without_disclosure = self._add_joint_accounts([person.reference for person in persons[:4]])
        joint = {person.reference for person in persons[:4]}
        for person in persons:
            self._add_person(person, kind="joint-holder" if person.reference in joint else "person")
        for number, (given, family) in enumerate(REPRESENTATIVES):
            represented = max(0, number - REPRESENTATIVES_OF_THE_FIRST_ORGANISATION + 1)
            if represented < len(organisations):
                self._add_representative(organisations[represented], given, family, "nominated-representative")
        if len(persons) > len(joint):
            self._add_representative(persons[-1], *ATTORNEY, "attorney")

    @classmethod
    def read(cls, holder_index: int, file: Path | None, report: Report, today: date) -> "_HolderRecords":
        """Return the records of a holder of the file, or generated ones if `file` is None."""
        records = generate(f"holder-{holder_index}") if file is None else read_dsb(file, holder_index, report)
        return cls(list(records), today)

    def all(self) -> Iterator[LocatedRecord]:
        """Yield the holder's records and then the added records."""
        for place, record in self._records:
            if isinstance(record, AccountRecord) and record.reference == self._without_disclosure:
                yield LocatedRecord(place, AccountRecord(account=record.account, disclosure_option="no-disclosure"))
            else:
                yield LocatedRecord(place, record)
        for number, record in enumerate(self._added, start=1):
            yield LocatedRecord(FileLocation("demonstration", number), record)

    def _add_joint_accounts(self, persons: list[str]) -> str | None:
        """Make up to two joint accounts, each for two of `persons`. Return the reference of the last one, or None."""
        shared = None
        first_held: dict[str, HoldingRecord] = {}
        for _, record in self._records:
            if isinstance(record, HoldingRecord):
                first_held.setdefault(record.customer, record)
        for first, second in zip(persons[::2], persons[1::2], strict=False):
            held = first_held.get(first)
            if held is not None:
                shared = held.account
                for customer in (first, second):
                    self._added.append(
                        HoldingRecord(
                            customer=customer, account=shared, role="joint-holder", valid_from=held.valid_from
                        )
                    )
        return shared

    def _add_person(self, record: CustomerRecord, kind: str) -> None:
        person = record.customer.person
        if person is not None:
            identifier = self._add_login(person.firstName, person.lastName)
            self._added.append(RepresentationRecord(login=identifier, customer=record.reference, role="self"))
            name = customer_name(record.customer)
            self.people.append(DemonstrationCustomer(identifier, name, name, kind))

    def _add_representative(self, record: CustomerRecord, given: str, family: str, role: RepresentationRole) -> None:
        identifier, represented = self._add_login(given, family), customer_name(record.customer)
        self._added.append(RepresentationRecord(login=identifier, customer=record.reference, role=role))
        kind = "attorney" if role == "attorney" else "representative"
        self.people.append(DemonstrationCustomer(identifier, f"{given} {family}", represented, kind))

    def _add_login(self, given: str | None, family: str) -> str:
        base = ".".join(_plain(part) for part in (given, family) if part)
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base}{number}"
        self._taken.add(name)
        address = f"{name}@{TEST_MAIL_DOMAIN}"
        full_name = " ".join(part for part in (given, family) if part)
        self._added.append(
            LoginRecord(
                reference=address,
                identifier=address,
                email=address,
                channel="email",
                name=full_name,
                given_name=given,
                family_name=family,
            )
        )
        return address


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isascii() and character.isalnum())
