"""A suspended tenant answers 503, and still lets sharing end."""

from typing import NamedTuple

import pytest

from ops.deployment import Deployment
from ops.sandbox.recipient.answers import Tokens
from ops.sandbox.recipient.client import RecipientClient
from tenants.registry.models import Tenant
from tenants.registry.service import Registry
from tests.identity.conftest import SCOPE, World, refused


class Suspended(NamedTuple):
    tenant: Tenant
    recipient: RecipientClient
    tokens: Tokens


@pytest.fixture(scope="module")
async def suspended(world: World, deployment: Deployment) -> Suspended:
    tenant = await deployment.new_tenant("identity-suspended")
    recipient = await world.registered(tenant)
    tokens = await world.consent(tenant, recipient)
    await deployment.administration.suspend(tenant.slug, actor="tests")
    services = world.services
    services.registry = Registry(services.database, services.settings, services.clock)  # a process that reads it anew
    return Suspended(tenant, recipient, tokens)


async def test_it_gives_no_tokens_and_takes_no_requests(suspended: Suspended) -> None:
    recipient, tokens = suspended.recipient, suspended.tokens
    assert tokens.refresh_token is not None
    with refused("temporarily_unavailable", status=503):
        await recipient.push(SCOPE)
    with refused("temporarily_unavailable", status=503):
        await recipient.refresh(tokens.refresh_token)
    with refused("temporarily_unavailable", status=503):
        await recipient.introspect(tokens.refresh_token)
    with refused("temporarily_unavailable", status=503):
        await recipient.userinfo(tokens.access_token)


async def test_sharing_can_still_be_ended(suspended: Suspended) -> None:
    recipient, tokens = suspended.recipient, suspended.tokens
    assert tokens.cdr_arrangement_id is not None
    await recipient.revoke_token(tokens.access_token)
    await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
