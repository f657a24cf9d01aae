"""The demonstration brand that reads from its retailer's own server and from AEMO, through nginx with mutual TLS."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ops.demonstration.retailer import RETAILER_BRAND
from ops.smoke.command import participants_of
from ops.smoke.journey import Journey
from ops.smoke.steps import Steps
from ops.stack.embedded import Stack
from tests.support.commands import Haas, command_runner


@pytest.fixture
def haas(stack: Stack) -> Haas:
    """`haas` in another shell: it finds the settings of the stack in the state folder."""
    return command_runner({"HAAS_STATE": str(stack.folder.root)})


@pytest.fixture
async def control(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.description.sandbox.control_api, trust_env=False) as client:
        yield client


@pytest.fixture
async def ehub(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.description.sandbox.ehub_control_api, trust_env=False) as client:
        yield client


async def test_the_commands_that_check_a_source_accept_the_servers_of_the_brand(stack: Stack, haas: Haas) -> None:
    tenant = next(each for each in stack.description.tenants if each.slug == RETAILER_BRAND)
    checked = await haas("source", "check", RETAILER_BRAND, "--user", str(tenant.demonstration_login), "--repeat", "1")
    assert checked.output.splitlines()[-1] == "The server follows the contract.", checked.output


async def test_every_kind_of_customer_shares_data_of_both_servers(
    stack: Stack, control: httpx.AsyncClient, ehub: httpx.AsyncClient
) -> None:
    """The directory is renewed at sign-in. A person alone, holders of a joint account, a representative."""
    tenant = next(each for each in stack.description.tenants if each.slug == RETAILER_BRAND)
    await control.delete(f"/retailers/{RETAILER_BRAND}/faults")
    last = (await ehub.get("/calls")).json()["last"]
    kinds = [str(each["kind"]) for each in tenant.demonstration_customers]
    async with participants_of(stack) as participants:
        journey = Journey(participants, tenant, Steps(lambda _: None), customer=kinds.index("joint-holder"))
        await journey.register()
        for kind in ("joint-holder", "representative"):
            one = Journey(participants, tenant, Steps(lambda _: None), customer=kinds.index(kind))
            one._recipient = journey.recipient
            tokens = await one.share()
            await one.fetch(tokens)
            await one.withdraw(tokens)
            await one.check_access_ended(tokens)
    asked = (await control.get(f"/retailers/{RETAILER_BRAND}/requests")).json()["requests"]
    assert {each["operation"] for each in asked} >= {
        "findUser", "getUser", "getCustomer", "listAccounts", "getAccount", "getPaymentSchedule", "getConcessions",
        "listBalances", "listInvoices", "listTransactions",
    }  # fmt: skip
    calls = (await ehub.get("/calls", params={"after": last})).json()["calls"]
    assert len({each["operation"] for each in calls}) == 6
    assert {each["status"] for each in calls} == {200}
