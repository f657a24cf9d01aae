"""x-fapi-interaction-id in successful responses of the authorization server, UserInfo included."""

from uuid import uuid4

import httpx

from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import consent

INTERACTION_ID = "x-fapi-interaction-id"


async def test_every_response_to_a_recipient_plays_back_the_interaction_id(
    application: Application, aurora: Tenant
) -> None:
    recipient = await registered_client(application, aurora)
    seen: set[tuple[str, str, int]] = set()

    async def name(request: httpx.Request) -> None:
        request.headers[INTERACTION_ID] = str(uuid4())

    async def check(answer: httpx.Response) -> None:
        request = answer.request
        if request.url.host != httpx.URL(aurora.secure_base).host:
            return
        assert answer.headers.get_list(INTERACTION_ID) == [request.headers[INTERACTION_ID]], request.url
        seen.add((request.method, request.url.path, answer.status_code))

    recipient.http.event_hooks = {"request": [name], "response": [check]}
    tokens = await consent(application, aurora, recipient)
    assert tokens.refresh_token is not None
    assert tokens.cdr_arrangement_id is not None
    await recipient.refresh(tokens.refresh_token)
    await recipient.introspect(tokens.refresh_token)
    await recipient.userinfo(tokens.access_token)
    await recipient.revoke_token(tokens.access_token)
    await recipient.revoke_arrangement(tokens.cdr_arrangement_id)
    registration = (await recipient.client_credentials("cdr:registration")).access_token
    await recipient.read_registration(registration)
    await recipient.delete_registration(registration)
    client = f"/register/{recipient.client_id}"
    assert seen == {
        ("POST", "/par", 201),
        ("POST", "/token", 200),
        ("POST", "/introspect", 200),
        ("GET", "/userinfo", 200),
        ("POST", "/revoke", 200),
        ("POST", "/arrangements/revoke", 204),
        ("GET", client, 200),
        ("DELETE", client, 204),
    }
