"""The CDR arrangement revocation endpoint, at which a data recipient ends an arrangement."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from ops.sandbox.messages import ABSENT
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements import service as arrangements
from tenants.arrangements.tables import arrangement
from tenants.holders.service import tell_of_end
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client, set_client
from tests.support.consents import consent
from tests.support.expectations import cds_error, refused
from tests.support.rows import notices_of, one


async def _refused(recipient: RecipientClient, arrangement_id: str, **form: Any) -> httpx.Response:
    with pytest.raises(Refused) as refusal:
        await recipient.revoke_arrangement(arrangement_id, form=form)
    return refusal.value.response


async def _assert_invalid(recipient: RecipientClient, arrangement_id: str) -> None:
    response = await _refused(recipient, arrangement_id)
    cds_error(response, "Authorisation/InvalidArrangement", f"^{arrangement_id}$", 422)


async def test_revocation_ends_the_arrangement_and_its_tokens_without_a_notice(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    endpoint = recipient.holder.metadata.cdr_arrangement_revocation_endpoint
    response = await recipient.post(endpoint, {"cdr_arrangement_id": tokens.cdr_arrangement_id})
    assert (response.status_code, response.content) == (204, b"")
    assert not (await recipient.introspect(tokens.refresh_token)).active
    with refused("invalid_token", "was revoked", 401):
        await recipient.userinfo(tokens.access_token)
    with refused("invalid_grant", "expired or was revoked"):
        await recipient.refresh(tokens.refresh_token)
    assert (await one(application.database, aurora, arrangement, id=tokens.cdr_arrangement_id)).ended_by == "recipient"
    assert await notices_of(application.database, aurora, tokens.cdr_arrangement_id) == []


@pytest.mark.parametrize("arrangement_id", ["e7f0a3b5-6a52-4a0e-9a35-3c1d6f0b8d21", "nonsense"])
async def test_an_unknown_arrangement_is_refused(recipient: RecipientClient, arrangement_id: str) -> None:
    await _assert_invalid(recipient, arrangement_id)


async def test_an_arrangement_id_in_another_uuid_notation_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    given = str(tokens.cdr_arrangement_id)
    for written in (given.upper(), given.replace("-", ""), f"urn:uuid:{given}", f"{{{given}}}", f"{given} "):
        response = await _refused(recipient, written)
        cds_error(response, "Authorisation/InvalidArrangement", f"^{re.escape(written)}$", 422)
    assert await recipient.userinfo(tokens.access_token)


async def test_an_arrangement_that_has_ended_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    by_recipient, by_consumer = [await consent(application, aurora, recipient) for _ in range(2)]
    await recipient.revoke_arrangement(by_recipient.cdr_arrangement_id)
    async with application.database.transaction(aurora.namespace) as tx:
        await arrangements.end(
            tx, UUID(by_consumer.cdr_arrangement_id), by="consumer", tell=tell_of_end(aurora), now=application.now
        )
    for ended in (by_recipient, by_consumer):
        await _assert_invalid(recipient, ended.cdr_arrangement_id)


async def test_an_arrangement_of_another_client_or_tenant_is_refused_and_stays_active(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    for tenant in (aurora, banksia):
        await _assert_invalid(await registered_client(application, tenant), tokens.cdr_arrangement_id)
    assert await recipient.userinfo(tokens.access_token)


async def test_a_request_without_the_form_parameter_cdr_arrangement_id_is_refused(recipient: RecipientClient) -> None:
    response = await _refused(recipient, "", cdr_arrangement_id=ABSENT, cdr_arrangement_jwt="x.y.z")
    cds_error(response, "Field/Missing", "cdr_arrangement_id", 400)


async def test_a_request_without_client_authentication_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    with refused("invalid_client", "assertion is required", 401):
        await recipient.revoke_arrangement(tokens.cdr_arrangement_id, form={"client_assertion": ABSENT})
    assert await recipient.userinfo(tokens.access_token)


async def test_an_inactive_recipient_can_still_revoke_an_arrangement(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora)
    tokens = await consent(application, aurora, recipient)
    await set_client(application.database, aurora, recipient.client_id, product_status="INACTIVE")
    await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
