"""JWKS and sector identifier documents that cannot be used: the error says what is wrong with them."""

from typing import Any

import msgspec
import pytest

from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import new_product, registered_client, unregistered_client
from tests.support.expectations import refused
from tests.support.https_server import HOST

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UNUSABLE: list[tuple[int, bytes, str]] = [
    (404, b"", "answered 404"),
    (302, b"", "answered 302"),
    (200, b"<html>", "not a JWKS document"),
    (200, b'{"keys": {}}', "not an array"),
    (200, b'{"keys": "\xff"}', "not a JWKS document"),
]


@pytest.mark.parametrize(("status", "body", "said"), UNUSABLE)
async def test_the_client_authentication_error_says_why_the_jwks_cannot_be_used(
    application: Application, aurora: Tenant, status: int, body: bytes, said: str
) -> None:
    product = new_product(application)
    recipient = await registered_client(application, aurora, product)
    application.web.publish(f"{product.base}/jwks", body, status=status)
    with refused("invalid_client", "JWKS cannot be fetched", 401) as refusal:
        await recipient.client_credentials()
    assert said in str(refusal.value.description)
    assert product.jwks_uri in str(refusal.value.description)


@pytest.mark.parametrize(("status", "body", "said"), UNUSABLE)
async def test_the_registration_error_says_why_the_jwks_cannot_be_used(
    application: Application, aurora: Tenant, status: int, body: bytes, said: str
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    application.web.publish(f"{product.base}/jwks", body, status=status)
    with refused("invalid_client_metadata", said):
        await recipient.register(product.ssa(application.now))


async def test_a_jwks_with_a_byte_order_mark_and_empty_members_is_accepted(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    key: dict[str, Any] = {**product.key.public_jwk(), "use": None, "alg": "", "key_ops": [], "x5t": None, "d": None}
    document = msgspec.json.encode({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}, key]})
    application.web.publish(f"{product.base}/jwks", BYTE_ORDER_MARK + document, status=200)
    await recipient.register(product.ssa(application.now))
    await recipient.client_credentials()


async def test_the_registration_error_says_why_the_sector_identifier_document_cannot_be_used(
    application: Application, aurora: Tenant
) -> None:
    product, recipient = await unregistered_client(application, aurora)
    path = f"{product.base}/sector"
    uri = application.web.publish(path, [])
    for status, body, said in (
        (404, b"", "answered 404"),
        (200, b"<html>", "not a JSON array"),
        (200, b'["\xff"]', "not a JSON array"),
        (200, b"[]", "does not list every redirect_uri"),
    ):
        application.web.publish(path, body, status=status)
        with refused("invalid_client_metadata", said):
            await recipient.register(product.ssa(application.now, sector_identifier_uri=uri))
    with refused("invalid_client_metadata", "did not answer"):
        await recipient.register(product.ssa(application.now, sector_identifier_uri=f"https://{HOST}:1/sector"))
    application.web.publish(path, BYTE_ORDER_MARK + msgspec.json.encode(product.redirect_uris), status=200)
    await recipient.register(product.ssa(application.now, sector_identifier_uri=uri))
