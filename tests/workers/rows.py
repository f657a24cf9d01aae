"""Rows that tests of the work behind the scenes start from."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from haas.database import Database
from tenants.arrangements.tables import arrangement, authorisation
from tenants.clients.tables import client
from tenants.notices.tables import outbox
from tenants.parties.tables import customer, login
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token


async def add_client(
    database: Database, tenant: Tenant, now: datetime, *, base_uri: str = "https://recipient.test", **changes: object
) -> str:
    """A software product's client; `changes` replace columns."""
    client_id = str(uuid4())
    row = {
        "client_id": client_id,
        "kind": "software-product",
        "software_id": str(uuid4()),
        "recipient_id": str(uuid4()),
        "registration": {"recipient_base_uri": base_uri},
        "recipient_status": "ACTIVE",
        "product_status": "ACTIVE",
        "created_at": now,
        "updated_at": now,
        **changes,
    }
    async with database.transaction(tenant.namespace) as tx:
        await tx.execute(insert(client).values(row))
    return client_id


async def add_arrangement(database: Database, tenant: Tenant, client_id: str, now: datetime) -> UUID:
    """An arrangement in force of a new customer, with an access token."""
    customer_id, login_id, arrangement_id, authorisation_id = uuid4(), uuid4(), uuid4(), uuid4()
    async with database.transaction(tenant.namespace) as tx:
        await tx.execute(
            insert(customer).values(
                id=customer_id, reference=str(customer_id), kind="person", name="A", detail={}, updated_at=now
            )
        )
        await tx.execute(
            insert(login).values(
                id=login_id,
                reference=str(login_id),
                identifier=str(login_id),
                name="A",
                family_name="A",
                updated_at=now,
            )
        )
        await tx.execute(
            insert(arrangement).values(
                id=arrangement_id,
                client_id=client_id,
                customer_id=customer_id,
                login_id=login_id,
                created_at=now,
                active_at=now,
                authorisation_id=authorisation_id,
            )
        )
        await tx.execute(
            insert(authorisation).values(
                id=authorisation_id,
                arrangement_id=arrangement_id,
                version=1,
                scopes=["openid"],
                claims={},
                sharing_duration=86_400,
                acr="urn:cds.au:cdr:2",
                authenticated_at=now,
                authorised_at=now,
                active_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
        await tx.execute(
            insert(access_token).values(
                token_hash=arrangement_id.bytes,
                client_id=client_id,
                arrangement_id=arrangement_id,
                authorisation_id=authorisation_id,
                scope="openid",
                certificate_thumbprint=b"t",
                issued_at=now,
                expires_at=now + timedelta(minutes=5),
            )
        )
    return arrangement_id


async def one(database: Database, tenant: Tenant, table: Any, **key: object) -> Any:
    """The row of a table with these values."""
    async with database.transaction(tenant.namespace) as tx:
        chosen = select(table).where(*(table.c[name] == value for name, value in key.items()))
        return (await tx.execute(chosen)).one()


async def notice(database: Database, tenant: Tenant, notice_id: UUID) -> Any:
    return await one(database, tenant, outbox, id=notice_id)
