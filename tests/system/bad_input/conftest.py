"""Data recipients and consumers of the running stack, created once for this folder."""

from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from ops.sandbox.recipient.answers import Tokens
from ops.smoke.command import participants_of
from ops.stack.embedded import Stack
from tenants.registry.names import tenant_schema
from tests.support.ecosystem import Ecosystem


@pytest.fixture(scope="module", autouse=True)
def application_logs_no_error(stack: Stack) -> Iterator[None]:
    """Assert after each module that the application has logged no error."""
    log = stack.folder.logs / "app.log"
    before = log.stat().st_size
    yield
    lines = map(msgspec.json.decode, log.read_bytes()[before:].splitlines())
    errors = [line for line in lines if line["level"] not in {"debug", "info", "warning"}]
    # An error is also logged if the calls of a tenant that another test has removed cannot be written.
    schemas = {tenant_schema(tenant.slug) for tenant in stack.description.tenants}
    assert [line for line in errors if "schema" not in line or line["schema"] in schemas] == []


@pytest.fixture(scope="package")
async def ecosystem(stack: Stack) -> AsyncIterator[Ecosystem]:
    async with participants_of(stack) as outside:
        ecosystem = Ecosystem(outside)
        await ecosystem.populate()
        yield ecosystem


@pytest.fixture(scope="package")
async def sharing(ecosystem: Ecosystem) -> Tokens:
    """The tokens for what customer 0 shares with `ecosystem.mine`; no test ends this consent."""
    return await ecosystem.consent(ecosystem.mine, 0)
