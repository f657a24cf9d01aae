"""The customers, accounts, service points and bills of a tenant of the benchmark, as records of an import.

The same sizes and the same day give the same records. They are made from a few people and service points of the
demonstration's generator, with other ids.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from msgspec.structs import replace

from ops.bench.data.sizes import Sharer, Site, Sizes
from ops.demonstration.account_data import account_data
from ops.demonstration.bills import bills
from ops.demonstration.generator import generate
from ops.demonstration.service_point_data import service_point_data
from tenants.cds.resource_ids import AccountId, ServicePointId
from tenants.imports.fixes import TEST_MAIL_DOMAIN
from tenants.imports.records import (
    RESOURCE_RECORDS,
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    LoginRecord,
    Record,
    RepresentationRecord,
    ServicePointRecord,
)
from tenants.operations.resources import BALANCE
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_base_v2 import EnergyPlanOverview
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2

_OPENED: Final = date(2021, 1, 1)
"""So long ago that every account has bills of all quarters."""


class _Examples(NamedTuple):
    people: list[CommonCustomerDetailV2]
    organisations: list[CommonCustomerDetailV2]
    points: list[EnergyServicePointDetailV2]
    accounts: list[EnergyAccountDetailV4]

    @classmethod
    def generated(cls) -> "_Examples":
        records = [each.record for each in generate("bench")]
        customers = [each.customer for each in records if isinstance(each, CustomerRecord)]
        points = [each.service_point for each in records if isinstance(each, ServicePointRecord)]
        accounts = [each.account for each in records if isinstance(each, AccountRecord)]
        return cls(
            [each for each in customers if each.person is not None],
            [each for each in customers if each.organisation is not None],
            [each for each in points if each.meters],
            [each for each in accounts if each.openStatus == "OPEN"],
        )


def customer_records(sizes: Sizes, today: date) -> Iterator[Record]:
    """Yield the records of all customers: each customer before their accounts, each account before its data."""
    examples = _Examples.generated()
    yield from _records(sizes.business, examples.organisations[0], examples, today)
    for household in sizes.households():
        person = examples.people[household.number % len(examples.people)]
        yield from _records(household, person, examples, today)


def _records(sharer: Sharer, customer: CommonCustomerDetailV2, examples: _Examples, today: date) -> Iterator[Record]:
    reference = sharer.reference
    yield CustomerRecord(reference=reference, customer=customer)
    address = f"{reference}@{TEST_MAIL_DOMAIN}"
    yield LoginRecord(reference=reference, identifier=address, email=address, name=reference, family_name=reference)
    yield RepresentationRecord(login=reference, customer=reference, role="self")
    for site in sharer.sites:
        account = _account(site, examples)
        yield ServicePointRecord(service_point=_service_point(site, examples))
        yield AccountRecord(account=account)
        yield HoldingRecord(customer=reference, account=site.account, role="holder", valid_from=_OPENED)
        yield from account_data(site.account, site.number)
        # Some demonstration accounts have no balance. Here each has one, so that no answer is an error.
        yield RESOURCE_RECORDS[BALANCE](
            balance=EnergyAccountBalance(accountId=AccountId(site.account), balance="184.35")
        )
        yield from service_point_data(site.service_point, site.number)
        yield from bills(account, site.number, today)


def _service_point(site: Site, examples: _Examples) -> EnergyServicePointDetailV2:
    example = examples.points[site.number % len(examples.points)]
    return replace(example, servicePointId=ServicePointId(site.service_point), nationalMeteringId=site.nmi)


def _account(site: Site, examples: _Examples) -> EnergyAccountDetailV4:
    example = examples.accounts[site.number % len(examples.accounts)]
    [plan] = example.plans
    overview = EnergyPlanOverview(displayName=plan.nickname or site.account, startDate=_OPENED)
    return replace(
        example,
        accountId=AccountId(site.account),
        accountNumber=f"{site.number:09}",
        creationDate=_OPENED,
        plans=[replace(plan, servicePointIds=[ServicePointId(site.service_point)], planOverview=overview)],
    )
