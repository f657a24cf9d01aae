"""The cache of other parties' JWKS documents, with the JWKS of a product that the sandbox hosts."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from ops.sandbox.jose import SigningKey
from ops.sandbox.published_keys import FRESH_FOR, KeysUnavailable, PublishedKeys
from tests.ops.sandbox.conftest import RunningSandbox


async def rotated(control: httpx.AsyncClient, product: dict[str, Any]) -> str:
    """Replace the product's published keys by a new one and return its `kid`."""
    key = SigningKey.generate("ES256")
    path = f"/software-products/{product['software_product_id']}/jwks"
    answer = await control.put(path, json={"keys": [key.public_jwk()]})
    assert answer.status_code == 200
    return key.kid


async def test_a_jwks_is_fetched_again_for_an_unknown_kid_and_after_five_minutes(
    sandbox: RunningSandbox, control: httpx.AsyncClient, anonymous: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    keys, uri = PublishedKeys(anonymous, sandbox.clock), product["jwks_uri"]
    first = await keys.at(uri)
    second_kid = await rotated(control, product)
    assert await keys.at(uri) is first
    second = await keys.at(uri, second_kid)
    assert second.has(second_kid)
    third_kid = await rotated(control, product)
    try:
        sandbox.clock.move(FRESH_FOR - timedelta(seconds=1))
        assert await keys.at(uri) is second
        sandbox.clock.move(timedelta(seconds=2))
        assert (await keys.at(uri)).has(third_kid)
    finally:
        sandbox.clock.reset()


async def test_a_missing_or_malformed_jwks_raises_keys_unavailable(
    sandbox: RunningSandbox, anonymous: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    keys, uri = PublishedKeys(anonymous, sandbox.clock), product["jwks_uri"]
    assert (await keys.at(uri)).has(product["private_jwk"]["kid"])
    for wrong in (uri.replace(product["software_product_id"], "unknown"), uri.replace("/jwks", "/callback")):
        with pytest.raises(KeysUnavailable):
            await keys.at(wrong)
