"""Amending an arrangement: a new version under the same id; its tokens replace the old ones."""

import pytest
from sqlalchemy import update

from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements import service as arrangements
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound
from tenants.parties.tables import login
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.consents import SCOPE, authorised_code, consent
from tests.support.customers import Consumer, new_consumer
from tests.support.expectations import refused
from tests.support.rows import execute


async def test_an_amendment_keeps_the_id_and_revokes_the_old_tokens_when_its_code_is_exchanged(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    person = await new_consumer(application, aurora)
    first = await consent(application, aurora, recipient, person)
    flow = await recipient.push(
        f"{SCOPE} energy:accounts.detail:read", sharing_duration=86_400, cdr_arrangement_id=first.cdr_arrangement_id
    )
    code = await authorised_code(application, aurora, recipient, flow, person)
    assert (await recipient.introspect(first.refresh_token)).active
    assert await recipient.userinfo(first.access_token)
    second = await recipient.exchange(code, flow)
    assert second.cdr_arrangement_id == first.cdr_arrangement_id
    assert second.id_claims["sub"] == first.id_claims["sub"]
    assert not (await recipient.introspect(first.refresh_token)).active
    with refused("invalid_token", "was revoked", 401):
        await recipient.userinfo(first.access_token)
    with refused("invalid_grant", "expired or was revoked"):
        await recipient.refresh(first.refresh_token)
    assert (await recipient.introspect(second.refresh_token)).scope == f"{SCOPE} energy:accounts.detail:read"
    async with application.database.transaction(aurora.namespace) as tx:
        (listed,) = await arrangements.list_for_login(tx, person.login_id, application.now)
    assert [version.version for version in listed.versions] == [1, 2]
    assert listed.authorisation.version == 2
    assert listed.authorisation.sharing_duration == 86_400
    assert [account.id for account in listed.authorisation.accounts] == person.account_ids


async def test_an_amendment_that_is_not_exchanged_changes_nothing(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    person = await new_consumer(application, aurora)
    first = await consent(application, aurora, recipient, person)
    flow = await recipient.push(SCOPE, sharing_duration=3600, cdr_arrangement_id=first.cdr_arrangement_id)
    await authorised_code(application, aurora, recipient, flow, person)
    assert (await recipient.introspect(first.refresh_token)).active
    async with application.database.transaction(aurora.namespace) as tx:
        (listed,) = await arrangements.list_for_login(tx, person.login_id, application.now)
    assert listed.authorisation.version == 1


async def test_another_customer_cannot_amend_an_arrangement(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    flow = await recipient.push(SCOPE, cdr_arrangement_id=tokens.cdr_arrangement_id)
    with pytest.raises(ArrangementNotFound):
        await authorised_code(application, aurora, recipient, flow, await new_consumer(application, aurora))


async def test_an_arrangement_id_in_another_uuid_notation_is_refused(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    tokens = await consent(application, aurora, recipient)
    given = str(tokens.cdr_arrangement_id)
    for written in (given.upper(), given.replace("-", ""), f"urn:uuid:{given}", f"{{{given}}}"):
        with refused("invalid_request", "not an active arrangement"):
            await recipient.push(SCOPE, cdr_arrangement_id=written)
    await recipient.push(SCOPE, cdr_arrangement_id=given)


async def test_an_arrangement_that_ended_after_the_push_cannot_be_amended(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    person = await new_consumer(application, aurora)
    tokens = await consent(application, aurora, recipient, person)
    flow = await recipient.push(SCOPE, cdr_arrangement_id=tokens.cdr_arrangement_id)
    await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
    with pytest.raises(ArrangementEnded):
        await authorised_code(application, aurora, recipient, flow, person)


async def test_one_customer_may_have_several_arrangements_with_a_product(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    person = await new_consumer(application, aurora)
    first = await consent(application, aurora, recipient, person)
    second = await consent(application, aurora, recipient, person)
    assert first.cdr_arrangement_id != second.cdr_arrangement_id
    assert (await recipient.introspect(first.refresh_token)).active


async def test_userinfo_returns_the_names_of_the_person_who_authorised_last(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    first, second = await new_consumer(application, aurora), await new_consumer(application, aurora)
    await execute(
        application.database, aurora, update(login).where(login.c.id == second.login_id).values(given_name="Noah")
    )
    tokens = await consent(application, aurora, recipient, first)
    representative = Consumer(second.login_id, first.customer_id, first.account_ids)
    amended = await consent(
        application, aurora, recipient, representative, cdr_arrangement_id=tokens.cdr_arrangement_id
    )
    claims = await recipient.userinfo(amended.access_token)
    assert (claims["given_name"], claims["sub"]) == ("Noah", tokens.id_claims["sub"])
