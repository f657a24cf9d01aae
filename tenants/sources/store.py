"""The source `store`, which reads the tenant's own schema; and the SQL of the credentials of the source `upstream`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record
from sqlalchemy import ARRAY, BigInteger, Column, Label, Text, Uuid, bindparam, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from haas.database import Statement, Transaction
from tenants.accounts.tables import account
from tenants.cds.pagination import Page, PageRequest
from tenants.parties.tables import customer
from tenants.payloads.customer_detail_v2 import (
    CommonCustomerDetailV2,
    CommonOrganisationDetailV2,
    CommonPersonDetailV2,
)
from tenants.payloads.energy_account_base_v2 import OpenStatus
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailPlanV4, EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountPlanV2, EnergyAccountV2
from tenants.sources.tables import upstream_credential


def _json(column: Column[Any]) -> Label[str]:
    """Return a JSON column as text, so that it is decoded only once, directly into its type."""
    return cast(column, Text).label(column.name)


_base = (account.c.id, account.c.account_number, account.c.display_name, account.c.open_status, account.c.creation_date)
_CUSTOMER = Statement(
    select(customer.c.kind, _json(customer.c.detail)).where(customer.c.id == bindparam("customer_id"))
)
_ACCOUNTS = Statement(
    select(*_base, _json(account.c.summary), func.count().over().label("total"))
    .where(
        account.c.id == func.any(bindparam("account_ids", type_=ARRAY(Uuid))),
        or_(
            bindparam("status", type_=Text).is_(None),
            account.c.open_status == bindparam("status", type_=Text),
        ),
    )
    .order_by(account.c.creation_date, account.c.id)
    .limit(bindparam("size", type_=BigInteger))
    .offset(bindparam("offset", type_=BigInteger))
)
_COUNT = Statement(
    select(func.count())
    .select_from(account)
    .where(
        account.c.id == func.any(bindparam("account_ids", type_=ARRAY(Uuid))),
        or_(
            bindparam("status", type_=Text).is_(None),
            account.c.open_status == bindparam("status", type_=Text),
        ),
    )
)
_ACCOUNT = Statement(select(*_base, _json(account.c.detail)).where(account.c.id == bindparam("account_id")))

_CREDENTIAL = Statement(
    select(upstream_credential.c.presented, upstream_credential.c.sealed, upstream_credential.c.changed_at).where(
        upstream_credential.c.kind == bindparam("kind")
    )
)

_person = msgspec.json.Decoder(CommonPersonDetailV2)
_organisation = msgspec.json.Decoder(CommonOrganisationDetailV2)
_summaries = msgspec.json.Decoder(list[EnergyAccountPlanV2])
_details = msgspec.json.Decoder(list[EnergyAccountDetailPlanV4])


class StoreSource:
    """Reads customers and accounts from the tenant's schema, which imports fill."""

    def __init__(self, tx: Transaction) -> None:
        """Read in the transaction in which the request was checked."""
        self._tx = tx

    async def customer(self, customer_id: UUID) -> CommonCustomerDetailV2 | None:
        """Return a customer, or None."""
        row = await self._tx.row(_CUSTOMER, customer_id=customer_id)
        if row is None:
            return None
        if row["kind"] == "person":
            return CommonCustomerDetailV2(customerUType="person", person=_person.decode(row["detail"]))
        return CommonCustomerDetailV2(customerUType="organisation", organisation=_organisation.decode(row["detail"]))

    async def accounts(
        self, account_ids: Sequence[UUID], status: OpenStatus | None, page: PageRequest
    ) -> Page[EnergyAccountV2]:
        """Return one page of accounts, ordered by creation date."""
        rows = await self._tx.rows(
            _ACCOUNTS, account_ids=account_ids, status=status, size=page.size, offset=page.offset
        )
        if rows:
            total = rows[0]["total"]
        elif page.number == 1:
            total = 0
        else:
            total = (await self._tx.rows(_COUNT, account_ids=account_ids, status=status))[0][0]
        return Page([EnergyAccountV2(**_fields(row), plans=_summaries.decode(row["summary"])) for row in rows], total)

    async def account(self, account_id: UUID) -> EnergyAccountDetailV4 | None:
        """Return an account in full, or None."""
        row = await self._tx.row(_ACCOUNT, account_id=account_id)
        return None if row is None else EnergyAccountDetailV4(**_fields(row), plans=_details.decode(row["detail"]))


def _fields(row: Any) -> dict[str, Any]:
    return {
        "accountId": str(row["id"]),
        "accountNumber": row["account_number"],
        "displayName": row["display_name"],
        "openStatus": row["open_status"],
        "creationDate": row["creation_date"],
    }


async def save_upstream_credential(tx: Transaction, kind: str, presented: str, sealed: bytes, now: datetime) -> None:
    """Store an encrypted credential, replacing a stored one of the same kind."""
    values = {"presented": presented, "sealed": sealed, "changed_at": now}
    new = insert(upstream_credential).values(kind=kind, **values)
    await tx.execute(new.on_conflict_do_update(index_elements=[upstream_credential.c.kind], set_=values))


async def load_upstream_credential(tx: Transaction, kind: str) -> Record | None:
    """Return the row of a credential, or None."""
    return await tx.row(_CREDENTIAL, kind=kind)


async def delete_upstream_credential(tx: Transaction, kind: str) -> None:
    """Delete a credential."""
    await tx.execute(delete(upstream_credential).where(upstream_credential.c.kind == kind))
