"""The running stack answers each measured request with its expected status, also when it is repeated."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from ops.bench.load import Load, Measured, Target
from ops.bench.operations import OPERATIONS, Caller, Operation
from ops.bench.run import SOURCE, caller_with_consent
from ops.deployment import Deployment
from ops.smoke.command import participants_of
from ops.stack.embedded import Stack
from tenants.registry.models import Tenant

COUNT = 5


@pytest.fixture(scope="module")
async def caller(stack: Stack) -> AsyncIterator[Caller]:
    async with participants_of(stack) as participants:
        yield await caller_with_consent(stack, participants)


@pytest.fixture(scope="module")
async def source(stack: Stack) -> Tenant:
    async with Deployment.open(stack.settings) as deployment:
        return await deployment.administration.find(SOURCE)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_the_stack_answers_every_measured_request_with_the_expected_status(
    stack: Stack, caller: Caller, source: Tenant, operation: Operation
) -> None:
    target = Target(urlsplit(source.secure_base).hostname or "", operation.requests(caller, source, COUNT))

    def run() -> Measured:
        with Load(("127.0.0.1", stack.description.port), caller.context, [target], operation.status) as load:
            return load.run(30, 1)

    measured = await asyncio.to_thread(run)
    assert (len(measured.latencies), measured.too_busy) == (COUNT - 1, 0)
