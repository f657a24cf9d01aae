"""Discovery, registration and consent offer the scopes that a served operation needs, and no others."""

from typing import Any

import pytest

from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements import service as arrangements
from tenants.clients.models import Registration
from tenants.oauth import scopes
from tenants.operations.endpoints import ENDPOINTS
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import SoftwareProduct, load_client, new_product, registered_client, unregistered_client
from tests.support.consents import attempt_of, authorised_code, consent
from tests.support.customers import new_consumer
from tests.support.expectations import refused
from tests.support.served import serve, serve_nothing_with

NEEDED = {str(endpoint.scope) for endpoint in ENDPOINTS if endpoint.served_versions and endpoint.scope}
BILLING, USAGE = "energy:billing:read", "energy:electricity.usage:read"
EVERYTHING = scopes.join(("openid", "profile", *scopes.DATA_SCOPES))


class Offers:
    """What one tenant offers at one moment, in the answers that a new software product gets."""

    def __init__(self, application: Application, tenant: Tenant) -> None:
        self.application, self.tenant = application, tenant

    async def discovery(self) -> set[str]:
        response = await self.application.http().get(f"{self.tenant.issuer}/.well-known/openid-configuration")
        return set(response.json()["scopes_supported"])

    async def registered(self) -> tuple[RecipientClient, dict[str, Any]]:
        product, recipient = await unregistered_client(self.application, self.tenant)
        return recipient, await recipient.register(product.ssa(self.application.now))

    async def stored(self, recipient: RecipientClient) -> Registration:
        return (await load_client(self.application.database, self.tenant, recipient.client_id)).registration

    async def pushed(self, recipient: RecipientClient, scope: str = EVERYTHING) -> tuple[str, ...]:
        """The scopes that the consumer is asked to authorise when `scope` is requested."""
        flow = await recipient.push(scope)
        return (await attempt_of(self.application, self.tenant, flow, recipient.client_id)).request.scopes


@pytest.fixture
def offers(application: Application, aurora: Tenant) -> Offers:
    return Offers(application, aurora)


@pytest.fixture
def billing_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """No operation for billing data is served, whether the product implements one or not."""
    serve_nothing_with(monkeypatch, BILLING)


async def everywhere(offers: Offers) -> list[set[str]]:
    """Return the data scopes that discovery, registration (returned and stored), a consent and its tokens have."""
    recipient, registered = await offers.registered()
    tokens = await consent(offers.application, offers.tenant, recipient, scope=EVERYTHING)
    discovered = await offers.discovery()
    assert discovered.issuperset(scopes.ADMIN_SCOPES)  # only the Register can use them
    found = (
        discovered.difference(scopes.ADMIN_SCOPES),
        registered["scope"].split(),
        (await recipient.read_registration((await recipient.client_credentials()).access_token))["scope"].split(),
        (await offers.stored(recipient)).scopes,
        await offers.pushed(recipient),
        str(tokens.scope).split(),
        str((await recipient.introspect(tokens.refresh_token)).scope).split(),
    )
    return [set(one) - {"openid", "profile", "cdr:registration"} for one in found]


async def test_no_scope_is_offered_that_no_served_operation_needs_and_none_is_left_out(offers: Offers) -> None:
    assert await everywhere(offers) == [NEEDED] * 7


async def test_an_operation_that_is_served_offers_its_scope_at_once(
    monkeypatch: pytest.MonkeyPatch, offers: Offers
) -> None:
    serve(monkeypatch, BILLING)
    assert await everywhere(offers) == [NEEDED | {BILLING}] * 7
    serve(monkeypatch, *scopes.DATA_SCOPES)
    assert await everywhere(offers) == [set(scopes.DATA_SCOPES)] * 7


async def test_an_operation_that_is_not_served_any_more_takes_its_scope_along(
    monkeypatch: pytest.MonkeyPatch, offers: Offers
) -> None:
    serve_nothing_with(monkeypatch, "energy:accounts.detail:read")
    assert await everywhere(offers) == [NEEDED - {"energy:accounts.detail:read"}] * 7


@pytest.mark.usefixtures("billing_is_not_served")
async def test_a_scope_that_is_not_supported_is_ignored_and_the_token_response_says_so(
    application: Application, aurora: Tenant, recipient: RecipientClient
) -> None:
    """OIDC Core 3.1.2.1; RFC 6749 3.3 and 5.1."""
    asked = f"openid bank:accounts.basic:read energy:accounts.basic:read {BILLING} made:up profile"
    tokens = await consent(application, aurora, recipient, scope=asked)
    assert tokens.scope == "openid energy:accounts.basic:read profile"
    assert (await recipient.refresh(tokens.refresh_token)).scope == tokens.scope
    with refused("invalid_scope", "exceeds"):
        await recipient.refresh(tokens.refresh_token, form={"scope": f"openid {BILLING}"})


async def test_a_scope_that_the_client_has_not_registered_is_ignored(
    application: Application, aurora: Tenant, offers: Offers
) -> None:
    narrow = await registered_client(application, aurora, scope="openid profile energy:accounts.basic:read")
    assert await offers.pushed(narrow) == ("openid", "profile", "energy:accounts.basic:read")
    with refused("invalid_scope", "registered for"):
        await narrow.push("openid profile energy:accounts.detail:read")
    without_openid = await registered_client(application, aurora, scope="profile energy:accounts.basic:read")
    with refused("invalid_scope", "registered for"):
        await without_openid.push(EVERYTHING)


async def test_openid_and_profile_alone_may_be_requested(recipient: RecipientClient, offers: Offers) -> None:
    assert await offers.pushed(recipient, "openid") == ("openid",)
    assert await offers.pushed(recipient, "openid profile") == ("openid", "profile")


@pytest.mark.usefixtures("billing_is_not_served")
async def test_a_client_gets_a_new_scope_by_updating_its_registration(
    monkeypatch: pytest.MonkeyPatch, application: Application, aurora: Tenant, offers: Offers
) -> None:
    """ "Registrations MUST only be updated via a PUT operation" (CDS, Dynamic Client Registration endpoints)."""
    product, recipient = await unregistered_client(application, aurora)
    await recipient.register(product.ssa(application.now))
    serve(monkeypatch, BILLING)
    token = (await recipient.client_credentials()).access_token
    assert BILLING not in (await recipient.read_registration(token))["scope"]
    assert BILLING not in await offers.pushed(recipient)
    updated = await recipient.update_registration(token, product.ssa(application.now))
    assert BILLING in updated["scope"].split()
    assert BILLING in await offers.pushed(recipient)


def _registered_for_everything(product: SoftwareProduct) -> str:
    return scopes.join((*scopes.split(product.registration().scope), BILLING, USAGE))


@pytest.mark.usefixtures("billing_is_not_served")
async def test_a_registration_from_before_has_only_the_scopes_that_are_supported_now(
    monkeypatch: pytest.MonkeyPatch, application: Application, aurora: Tenant, offers: Offers
) -> None:
    product = new_product(application)
    recipient = await registered_client(application, aurora, product, scope=_registered_for_everything(product))
    token = (await recipient.client_credentials()).access_token
    assert set((await recipient.read_registration(token))["scope"].split()) == set(scopes.recipient_scopes())
    assert set(await offers.pushed(recipient)) == set(scopes.consumer_scopes())
    serve(monkeypatch, BILLING)
    assert BILLING in (await recipient.read_registration(token))["scope"].split()
    assert BILLING in await offers.pushed(recipient)


@pytest.mark.usefixtures("billing_is_not_served")
async def test_an_authorisation_from_before_keeps_the_scopes_that_the_person_authorised(
    application: Application, aurora: Tenant
) -> None:
    """The holder changes nothing that a person authorised: tokens keep "the scope originally granted" (RFC 6749 6)."""
    person, product = await new_consumer(application, aurora), new_product(application)
    recipient = await registered_client(application, aurora, product, scope=_registered_for_everything(product))
    scope = f"openid energy:accounts.basic:read {BILLING}"
    with pytest.MonkeyPatch.context() as before:
        serve(before, BILLING)
        tokens = await consent(application, aurora, recipient, person, scope=scope)
        assert tokens.scope == scope
    assert (await recipient.refresh(tokens.refresh_token)).scope == scope
    assert (await recipient.introspect(tokens.refresh_token)).scope == scope
    async with application.database.transaction(aurora.namespace) as tx:
        (listed,) = await arrangements.list_for_login(tx, person.login_id, application.now)
    assert scopes.join(listed.authorisation.scopes) == scope
    flow = await recipient.push(scope, sharing_duration=86_400, cdr_arrangement_id=tokens.cdr_arrangement_id)
    amended = await recipient.exchange(await authorised_code(application, aurora, recipient, flow, person), flow)
    assert amended.scope == "openid energy:accounts.basic:read"
