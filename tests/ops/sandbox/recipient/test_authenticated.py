"""The protocol client: client authentication."""

from ops.sandbox.jose import PublicKeys, verify
from ops.sandbox.recipient.client import RecipientClient
from tests.ops.sandbox.addresses import HOLDER


async def test_an_assertion_has_the_client_as_issuer_the_holder_as_audience_and_a_new_jti(
    client: RecipientClient,
) -> None:
    keys = PublicKeys.from_jwks({"keys": [client.key.public_jwk()]})
    first, second = (verify(client.assertion(), keys).claims for _ in range(2))
    assert (first["iss"], first["sub"], first["aud"]) == (client.client_id, client.client_id, HOLDER)
    assert first["jti"] != second["jti"]
