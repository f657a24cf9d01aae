"""Questions to the retailer's own server about people, customers and accounts, with its own ids in the answers."""

import logging
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from tenants.cds.resource_ids import read_id
from tenants.synchronisation.records import lacks_a_service_point
from tenants.upstream.client import UpstreamCall
from tenants.upstream.eligibility import UpstreamCustomer
from tenants.upstream.errors import UpstreamUnavailable, UpstreamWithheld
from tenants.upstream.messages import (
    MAXIMUM_ACCOUNTS,
    EndedCustomers,
    ListedAccount,
    UpstreamResponse,
    User,
    UserLookup,
    UserLookupRequest,
)
from tenants.upstream.operations import (
    FIND_USER,
    GET_CUSTOMER,
    GET_USER,
    LIST_ACCOUNTS,
    LIST_ENDED_CUSTOMERS,
    UpstreamOperation,
)

logger = logging.getLogger(__name__)

ENDED_CUSTOMERS_AT_ONCE: Final = 500
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Accounts(msgspec.Struct, frozen=True):
    accounts: Annotated[list[msgspec.Raw], Meta(max_length=MAXIMUM_ACCOUNTS)]


_user = msgspec.json.Decoder(UpstreamResponse[User])
_customer = msgspec.json.Decoder(UpstreamResponse[UpstreamCustomer], dec_hook=read_id)
_accounts = msgspec.json.Decoder(UpstreamResponse[_Accounts])
_account = msgspec.json.Decoder(ListedAccount, dec_hook=read_id)
_ended = msgspec.json.Decoder(UpstreamResponse[EndedCustomers])


async def user_with_identifier(call: UpstreamCall, identifier: str) -> User | None:
    """Return the person who signs in with an identifier, or None. Raises UpstreamUnavailable."""
    try:
        body = await call.ask(FIND_USER, body=UserLookupRequest(data=UserLookup(identifier=identifier)))
    except UpstreamWithheld:
        return None
    found: User = _decoded(FIND_USER, _user, body)
    return found


async def user_with_id(call: UpstreamCall, user_id: str) -> User | None:
    """Return a person, or None if the server does not know the id any more. Raises UpstreamUnavailable."""
    try:
        found: User = _decoded(GET_USER, _user, await call.ask(GET_USER, user_id))
    except UpstreamWithheld:
        return None
    if found.user_id != user_id:
        raise _unreadable(GET_USER)
    return found


async def customer_with_id(call: UpstreamCall, customer_id: str) -> UpstreamCustomer | None:
    """Return a customer, or None if the server withholds the customer. Raises UpstreamUnavailable."""
    try:
        body = await call.ask(GET_CUSTOMER, customer_id)
    except UpstreamWithheld:
        return None
    found: UpstreamCustomer = _decoded(GET_CUSTOMER, _customer, body)
    return found


async def accounts_of_customer(call: UpstreamCall, customer_id: str) -> list[ListedAccount] | None:
    """Return all accounts of a customer, or None if the server withholds them, or if one of them is not valid.

    The list must be complete: a holding that it does not contain ends. Raises UpstreamUnavailable.
    """
    try:
        body = await call.ask(LIST_ACCOUNTS, customer_id)
    except UpstreamWithheld:
        return None
    found = []
    for raw in _decoded(LIST_ACCOUNTS, _accounts, body).accounts:
        try:
            account = _account.decode(raw)
        except _UNREADABLE as error:
            logger.warning("directory.invalid_account", extra={"problem": str(error)})
            return None
        if lacks_a_service_point(account):
            logger.warning("directory.invalid_account", extra={"problem": "`x` lacks a service point of a plan"})
            return None
        found.append(account)
    return found


async def ended_customers(call: UpstreamCall, cursor: str | None) -> EndedCustomers:
    """Return the next part of the feed of ended customers. Raises UpstreamUnavailable."""
    query = {"limit": str(ENDED_CUSTOMERS_AT_ONCE), **({} if cursor is None else {"cursor": cursor})}
    found: EndedCustomers = _decoded(LIST_ENDED_CUSTOMERS, _ended, await call.ask(LIST_ENDED_CUSTOMERS, query=query))
    return found


def _decoded(operation: UpstreamOperation, decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body).data
    except _UNREADABLE:
        raise _unreadable(operation) from None


def _unreadable(operation: UpstreamOperation) -> UpstreamUnavailable:
    logger.error("upstream.unreadable_answer", extra={"operation": operation.name})
    return UpstreamUnavailable(f"{operation.name}: the answer cannot be read")
