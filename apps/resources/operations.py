"""The operations that are served, each with its row of the endpoint table and its steps."""

from typing import Final, NamedTuple

from apps.resources.call import DataCall
from apps.resources.query import open_status, page_request, single_value
from apps.resources.steps import customer_data_steps, public_steps
from haas.steps import Step
from tenants.availability import service as availability
from tenants.operations.endpoints import (
    GET_CUSTOMER,
    GET_CUSTOMER_DETAIL,
    GET_ENERGY_ACCOUNT_DETAIL,
    GET_OUTAGES,
    GET_STATUS,
    LIST_ENERGY_ACCOUNTS,
    Endpoint,
)
from tenants.payloads.energy_account_v2 import EnergyAccountListV2


class Operation(NamedTuple):
    """An operation that is served."""

    endpoint: Endpoint
    steps: tuple[Step[DataCall], ...]


def account_is_shared(call: DataCall) -> None:
    """The account in the path is in the arrangement, and its data is disclosed now (CDS, Error Codes).

    The error is Authorisation/InvalidEnergyAccount or Authorisation/UnavailableEnergyAccount.
    """
    call.account_id = call.customer_data.account_id(call.request.path_params["accountId"])


def read_page_and_open_status(call: DataCall) -> None:
    """`page`, `page-size` and `open-status` are valid and occur at most once (CDS, Pagination; Get Energy Accounts)."""
    parameters = call.request.query_params
    call.page, call.open_status = page_request(parameters), open_status(parameters)
    given = single_value(parameters, "open-status")
    call.filters = {} if given is None else {"open-status": given}


async def fetch_customer(call: DataCall) -> None:
    """The customer is read, without contact details (CDS, Get Customer)."""
    call.data = (await call.customer_data.customer()).basic()


async def fetch_customer_detail(call: DataCall) -> None:
    """The customer is read in full (CDS, Get Customer Detail)."""
    call.data = await call.customer_data.customer()


async def fetch_accounts(call: DataCall) -> None:
    """One page of the disclosed accounts is read, with ids for this recipient (CDS, Get Energy Accounts)."""
    if call.page is None:
        raise AssertionError("the step read_page_and_open_status must run before this step")
    found = await call.customer_data.accounts(call.open_status, call.page)
    call.data, call.total_records = EnergyAccountListV2(accounts=found.items), found.total_records


async def fetch_account_detail(call: DataCall) -> None:
    """The account is read in full, with ids for this recipient (CDS, Get Energy Account Detail)."""
    call.data = await call.customer_data.account(call.account_id)


async def fetch_status(call: DataCall) -> None:
    """The tenant's status is read (CDS, Get Status)."""
    ctx = call.context
    call.data = await availability.status(ctx.services.database, ctx.tenant, ctx.now)


async def fetch_outages(call: DataCall) -> None:
    """The scheduled outages that have not ended are read (CDS, Get Outages)."""
    ctx = call.context
    call.data = await availability.outages(ctx.services.database, ctx.tenant, ctx.now)


get_status: Final = Operation(GET_STATUS, public_steps(fetch=fetch_status))
get_outages: Final = Operation(GET_OUTAGES, public_steps(fetch=fetch_outages))
get_customer: Final = Operation(GET_CUSTOMER, customer_data_steps(fetch=fetch_customer))
get_customer_detail: Final = Operation(GET_CUSTOMER_DETAIL, customer_data_steps(fetch=fetch_customer_detail))
list_energy_accounts: Final = Operation(
    LIST_ENERGY_ACCOUNTS, customer_data_steps(parameters=read_page_and_open_status, fetch=fetch_accounts)
)
get_energy_account_detail: Final = Operation(
    GET_ENERGY_ACCOUNT_DETAIL, customer_data_steps(subject=account_is_shared, fetch=fetch_account_detail)
)

PUBLIC: Final = (get_status, get_outages)
CUSTOMER_DATA: Final = (get_customer, get_customer_detail, list_energy_accounts, get_energy_account_detail)
