"""The recipient withdraws: the CDR arrangement revocation endpoint."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from ops.sandbox.messages import ABSENT
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements import service as arrangements
from tenants.arrangements.tables import arrangement
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client, set_client
from tests.support.consents import consent
from tests.support.expectations import refused
from tests.support.rows import one

INVALID = "urn:au-cds:error:cds-all:Authorisation/InvalidArrangement"


async def _refusal(recipient: RecipientClient, arrangement_id: str, **form: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        await recipient.revoke_arrangement(arrangement_id, form=form)
    return refusal.value


def _invalid(arrangement_id: str) -> dict[str, Any]:
    return {"errors": [{"code": INVALID, "title": "Invalid Consent Arrangement", "detail": arrangement_id}]}


async def test_revocation_ends_the_arrangement_and_its_tokens_without_a_notice(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    assert tokens.cdr_arrangement_id is not None
    assert tokens.refresh_token is not None
    endpoint = recipient.holder.metadata.cdr_arrangement_revocation_endpoint
    response = await recipient.post(endpoint, {"cdr_arrangement_id": tokens.cdr_arrangement_id})
    assert (response.status_code, response.content) == (204, b"")
    assert not (await recipient.introspect(tokens.refresh_token)).active
    with refused("invalid_token", "was revoked", 401):
        await recipient.userinfo(tokens.access_token)
    with refused("invalid_grant", "expired or was revoked"):
        await recipient.refresh(tokens.refresh_token)
    assert (await one(application.database, aurora, arrangement, id=tokens.cdr_arrangement_id)).ended_by == "recipient"
    async with application.database.transaction(aurora.namespace) as tx:
        told = outbox.c.payload["arrangement_id"].astext == tokens.cdr_arrangement_id
        assert (await tx.execute(select(func.count()).select_from(outbox).where(told))).scalar_one() == 0


@pytest.mark.parametrize("arrangement_id", [str(uuid4()), "nonsense"])
async def test_an_unknown_arrangement_is_refused(recipient: RecipientClient, arrangement_id: str) -> None:
    refusal = await _refusal(recipient, arrangement_id)
    assert (refusal.status, refusal.body) == (422, _invalid(arrangement_id))


async def test_an_arrangement_that_has_ended_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    for by in ("recipient", "consumer"):
        tokens = await consent(application, aurora, recipient)
        assert tokens.cdr_arrangement_id is not None
        if by == "recipient":
            await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
        else:
            (found,) = [await one(application.database, aurora, arrangement, id=tokens.cdr_arrangement_id)]
            async with application.database.transaction(aurora.namespace) as tx:
                await arrangements.end(tx, found.id, by="consumer", now=application.now)
        refusal = await _refusal(recipient, tokens.cdr_arrangement_id)
        assert (refusal.status, refusal.body) == (422, _invalid(tokens.cdr_arrangement_id))


async def test_an_arrangement_of_another_client_or_tenant_is_refused_and_stays_active(
    application: Application, aurora: Tenant, banksia: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    assert tokens.cdr_arrangement_id is not None
    for tenant in (aurora, banksia):
        refusal = await _refusal(await registered_client(application, tenant), tokens.cdr_arrangement_id)
        assert (refusal.status, refusal.body) == (422, _invalid(tokens.cdr_arrangement_id))
    assert await recipient.userinfo(tokens.access_token)


async def test_the_id_must_be_given_as_a_form_parameter(recipient: RecipientClient) -> None:
    refusal = await _refusal(recipient, "", cdr_arrangement_id=ABSENT, cdr_arrangement_jwt="x.y.z")
    assert refusal.status == 400
    assert refusal.body["errors"][0]["code"] == "urn:au-cds:error:cds-all:Field/Missing"


async def test_only_an_authenticated_client_may_ask(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    assert tokens.cdr_arrangement_id is not None
    with refused("invalid_client", "assertion is required", 401):
        await recipient.revoke_arrangement(tokens.cdr_arrangement_id, form={"client_assertion": ABSENT})
    assert await recipient.userinfo(tokens.access_token)


async def test_an_inactive_recipient_can_still_withdraw(application: Application, aurora: Tenant) -> None:
    recipient = await registered_client(application, aurora)
    tokens = await consent(application, aurora, recipient)
    assert tokens.cdr_arrangement_id is not None
    await set_client(application.database, aurora, recipient.client_id, product_status="INACTIVE")
    await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
