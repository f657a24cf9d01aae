"""The demonstration customers of a tenant, as they share everything that they can share."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import select

from ops.demonstration.customers import demonstration_records, load_demonstration
from tenants.accounts.service import accounts_of
from tenants.clients.models import Client
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    LoginRecord,
    RepresentationRecord,
    ServicePointRecord,
)
from tenants.imports.report import Report
from tenants.imports.service import import_records
from tenants.oauth.scopes import served_data_scopes
from tenants.parties.tables import login, representation
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.customers import Consumer
from tests.support.rows import execute, run

_records = cache(demonstration_records)
ALL_SCOPES = " ".join(("openid", *served_data_scopes()))


async def load_customers(application: Application, tenant: Tenant, *, people: bool = False) -> None:
    """Load the customers and accounts of a demonstration brand into a tenant, without their bills and meter reads.

    With `people`, also those who sign in and act for the customers.
    """
    now, kinds = application.now, {CustomerRecord, AccountRecord, HoldingRecord, ServicePointRecord}
    if people:
        kinds |= {LoginRecord, RepresentationRecord}
    records = [each for each in _records(0, None, now.date()) if type(each.record) in kinds]
    await import_records(application.database, tenant.namespace, records, Report(), now=now)


async def demonstration_consumers(
    application: Application, tenant: Tenant, recipient: Client, *, holder: int = 0
) -> Sequence[Consumer]:
    """Load the customers of a demonstration brand into a tenant.

    Return each as the consumer who shares all accounts that can be shared with the recipient.
    """
    database, now = application.database, application.now
    loaded = await load_demonstration(database, tenant.namespace, holder, file=None, now=now)
    consumers = []
    for person in loaded.customers:
        query = select(login.c.id, representation.c.customer_id).join(representation)
        [(login_id, customer_id)] = await execute(database, tenant, query.where(login.c.reference == person.identifier))
        held = await run(database, tenant, accounts_of, customer_id, recipient.recipient_id, now)
        shared = [each.id for each in held if each.unavailable is None]
        consumers.append(Consumer(login_id, customer_id, shared))
    return consumers
