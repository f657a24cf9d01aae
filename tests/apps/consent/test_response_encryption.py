"""A recipient whose responses are encrypted withdraws its key while a person is on the pages."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from haas.clock import MovableClock
from ops.browser.browser import Browser
from ops.browser.page import Page
from ops.sandbox.recipient.answers import Flow
from ops.sandbox.recipient.client import RecipientClient
from tenants.arrangements.tables import arrangement
from tenants.clients.models import Client
from tenants.consent.authorisation_response import ResponseKeys
from tenants.registry.models import Tenant
from tests.support.clients import SoftwareProduct, new_product, registered_client, set_client
from tests.support.consent_pages import ConsentPages, away, response_claims
from tests.support.consents import attempt_of, response_of
from tests.support.encrypted_tokens import EncryptionKey
from tests.support.expectations import refused
from tests.support.rows import count

ALGORITHM, CONTENT = "RSA-OAEP-256", "A256GCM"
IMPOSSIBLE = "cannot receive our answer at present. You have not authorised anything yet."
CACHED_FOR = timedelta(minutes=6)
"""Longer than a JWKS that was fetched is used without being fetched again."""
ENCRYPTION_KEY = EncryptionKey(ALGORITHM)


class Encrypting(ConsentPages):
    """A brand's pages, and a recipient of its own that is registered for encrypted responses."""

    product: SoftwareProduct

    @classmethod
    async def register(cls, pages: ConsentPages) -> "Encrypting":
        product = new_product(pages.application)
        recipient = await registered_client(
            pages.application,
            pages.tenant,
            product,
            authorization_encrypted_response_alg=ALGORITHM,
            authorization_encrypted_response_enc=CONTENT,
        )
        theirs = cls(pages.application, pages.tenant, recipient, pages.mia)
        theirs.product = product
        theirs.publish_key()
        return theirs

    def publish_key(self) -> None:
        self._publish(ENCRYPTION_KEY.public_jwk())

    def withdraw_key(self) -> None:
        self._publish()

    def _publish(self, *keys: Any) -> None:
        self.application.web.publish(f"{self.product.base}/jwks", {"keys": [self.product.key.public_jwk(), *keys]})

    async def arrangements(self) -> int:
        mine = arrangement.c.client_id == self.recipient.client_id
        return await count(self.application.database, self.tenant, arrangement, mine)

    async def stage(self, flow: Flow) -> tuple[str, str | None]:
        found = await attempt_of(self.application, self.tenant, flow, self.recipient.client_id)
        return found.stage, found.error


@pytest.fixture
async def theirs(pages: ConsentPages) -> Encrypting:
    return await Encrypting.register(pages)


async def _reviewed_without_key(theirs: Encrypting, clock: MovableClock, browser: Browser, flow: Flow) -> Page:
    page = await theirs.reviewed(browser, flow)
    theirs.withdraw_key()
    clock.move(CACHED_FOR)
    return await browser.get(page.url)


async def _code(recipient: RecipientClient, url: str, flow: Flow) -> str:
    _, signed = ENCRYPTION_KEY.decrypt(response_of(url))
    return await recipient.read_response(signed, flow)


async def test_without_the_key_nothing_is_authorised_and_with_it_the_person_goes_on(
    theirs: Encrypting, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    browser, flow = theirs.browser(), await theirs.pushed()
    page = await _reviewed_without_key(theirs, clock, browser, flow)
    again = await browser.send(page, "/authorise")
    assert again.path.endswith("/review")
    assert IMPOSSIBLE in again.text
    assert "consent.response_impossible" in caplog.text
    assert await theirs.stage(flow) == ("preAuthorisation", None)
    assert await theirs.arrangements() == 0
    theirs.publish_key()
    clock.move(timedelta(seconds=11))  # the JWKS is fetched again at most every ten seconds
    again = await browser.get(page.url)
    url = await away(browser.send(again, "/authorise"))
    tokens = await theirs.recipient.exchange(await _code(theirs.recipient, url, flow), flow)
    assert tokens.refresh_token is not None
    assert await theirs.arrangements() == 1


async def test_a_jwks_that_cannot_be_read_is_like_one_without_the_key(theirs: Encrypting) -> None:
    browser, flow = theirs.browser(), await theirs.pushed()
    page = await theirs.reviewed(browser, flow)
    elsewhere = theirs.application.web.publish(f"{theirs.product.base}/gone", {}, status=404)
    kept = theirs.product.registration(
        authorization_encrypted_response_alg=ALGORITHM,
        authorization_encrypted_response_enc=CONTENT,
        jwks_uri=elsewhere,
    )
    values = {"registration": msgspec.to_builtins(kept)}
    await set_client(theirs.application.database, theirs.tenant, theirs.recipient.client_id, **values)
    assert IMPOSSIBLE in (await browser.send(page, "/authorise")).text
    assert await theirs.stage(flow) == ("preAuthorisation", None)
    assert await theirs.arrangements() == 0


async def test_a_key_that_cannot_be_used_is_like_none(theirs: Encrypting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The response is made before the commit, so whatever keeps it from being made leaves nothing behind."""
    browser, flow = theirs.browser(), await theirs.pushed()
    page = await theirs.reviewed(browser, flow)
    responder = theirs.application.services.responder
    right = responder.keys

    async def without_a_usable_key(tenant: Tenant, client: Client) -> ResponseKeys:
        keys = await right(tenant, client)
        assert keys.encryption is not None
        return keys._replace(encryption=type(keys.encryption)([]))

    monkeypatch.setattr(responder, "keys", without_a_usable_key)
    assert IMPOSSIBLE in (await browser.send(page, "/authorise")).text
    assert await theirs.stage(flow) == ("preAuthorisation", None)
    assert await theirs.arrangements() == 0


async def test_a_person_who_cancels_without_the_key_is_told_that_the_request_is_over(
    theirs: Encrypting, clock: MovableClock
) -> None:
    browser, flow = theirs.browser(), await theirs.pushed()
    page = await _reviewed_without_key(theirs, clock, browser, flow)
    over = await browser.send(page, "/cancel")
    assert over.status == 400
    assert "We cannot take you back" in over.text
    assert "It has changed nothing." in over.text
    assert await theirs.stage(flow) == ("rejected", "access_denied")
    assert "This request was cancelled" in (await browser.send(page, "/authorise")).text
    assert await theirs.arrangements() == 0


async def test_pressing_again_without_the_key_says_that_it_was_authorised(
    theirs: Encrypting, clock: MovableClock
) -> None:
    """The first answer reached the browser, so the consent is recorded."""
    browser, flow = theirs.browser(), await theirs.pushed()
    page = await theirs.reviewed(browser, flow)
    url = await away(browser.send(page, "/authorise"))
    theirs.withdraw_key()
    values = {
        "registration": msgspec.to_builtins(
            theirs.product.registration(
                authorization_encrypted_response_alg="RSA-OAEP",
                authorization_encrypted_response_enc=CONTENT,
            )
        )
    }
    await set_client(theirs.application.database, theirs.tenant, theirs.recipient.client_id, **values)
    again = await browser.send(page, "/authorise")
    assert (again.status, "You have authorised this request" in again.text) == (410, True)
    assert (await theirs.recipient.exchange(await _code(theirs.recipient, url, flow), flow)).refresh_token


async def test_a_registration_that_changes_after_its_keys_were_read_gets_no_authorisation(
    theirs: Encrypting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The response would be made with the keys of the registration before."""
    browser, flow = theirs.browser(), await theirs.pushed()
    page = await theirs.reviewed(browser, flow)
    responder, database = theirs.application.services.responder, theirs.application.database
    right = responder.keys

    async def keys_and_then_an_update(tenant: Tenant, client: Client) -> ResponseKeys:
        keys = await right(tenant, client)
        without = msgspec.to_builtins(theirs.product.registration())
        await set_client(database, theirs.tenant, theirs.recipient.client_id, registration=without)
        return keys

    with monkeypatch.context() as patched:
        patched.setattr(responder, "keys", keys_and_then_an_update)
        again = await browser.send(page, "/authorise")
    assert "What we would share has changed" in again.text
    assert await theirs.arrangements() == 0
    assert response_claims(await away(browser.send(again, "/authorise")))["code"]


async def test_the_recipient_learns_of_it_at_its_next_pushed_request(theirs: Encrypting, clock: MovableClock) -> None:
    await theirs.pushed()
    theirs.withdraw_key()
    clock.move(CACHED_FOR)
    with refused("invalid_request", "contains no encryption key for"):
        await theirs.pushed()
