"""Finds customers and accounts by the references that the retailer uses."""

from uuid import UUID

from haas.database import Transaction
from tenants.records import store
from tenants.records.errors import UnknownCustomer, UnknownRecord


async def customer_id_of(tx: Transaction, reference: str) -> UUID:
    """Return the id of the customer with the retailer's reference. Raise UnknownCustomer."""
    found = await store.customer_by_reference(tx, reference)
    if found is None:
        raise UnknownCustomer("there is no customer with this reference")
    return found


async def account_id_of(tx: Transaction, reference: str) -> UUID:
    """Return the id of the account with the retailer's reference. Raise UnknownRecord."""
    found = await store.account_by_reference(tx, reference)
    if found is None:
        raise UnknownRecord("there is no account with this reference")
    return found
