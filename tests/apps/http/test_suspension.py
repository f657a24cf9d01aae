"""A suspended tenant answers 503, except to requests that end sharing."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from ops.sandbox.recipient.answers import Tokens
from ops.sandbox.recipient.client import RecipientClient
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import SCOPE, consent
from tests.support.expectations import refused


class Suspended(NamedTuple):
    """A client of a suspended tenant, and the tokens that it got before the suspension."""

    recipient: RecipientClient
    tokens: Tokens


@pytest.fixture
async def suspended(application: Application) -> AsyncIterator[Suspended]:
    tenant = await application.new_tenant()
    recipient = await registered_client(application, tenant)
    tokens = await consent(application, tenant, recipient)
    assert await recipient.userinfo(tokens.access_token)
    async with application.suspended(tenant):
        yield Suspended(recipient, tokens)
    refreshed = await recipient.client_credentials()
    assert refreshed.access_token


async def test_requests_at_a_suspended_tenant_get_503(suspended: Suspended) -> None:
    recipient, tokens = suspended
    for call in (
        recipient.push(SCOPE),
        recipient.refresh(tokens.refresh_token),
        recipient.introspect(tokens.refresh_token),
        recipient.userinfo(tokens.access_token),
    ):
        with refused("temporarily_unavailable", "not available now", 503) as refusal:
            await call
        assert refusal.value.response.headers["retry-after"]


async def test_tokens_and_arrangements_can_be_revoked_at_a_suspended_tenant(suspended: Suspended) -> None:
    recipient, tokens = suspended
    await recipient.revoke_token(tokens.access_token)
    await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
