"""Each register environment has a certificate authority and a proxy of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.pki.clients import IssuedClient
from tests.support.proxy import SECURE, Proxy, running_proxy


@pytest.fixture(scope="module")
async def conformance(state_folder: Path) -> AsyncIterator[Proxy]:
    async with running_proxy(
        state_folder / "conformance", register_environment="conformance", own_authorities=True
    ) as proxy:
        yield proxy


async def test_the_application_is_told_which_authorities_have_verified_the_certificate(
    proxy: Proxy, conformance: Proxy
) -> None:
    for each, environment in ((proxy, "sandbox"), (conformance, "conformance")):
        answer = await each.ask(
            SECURE,
            client=each.pki.issue_client("Budget App", "Recipient Pty Ltd"),
            headers={"HAAS-Register-Environment": "production"},
        )
        told = [value for name, value in answer.json()["headers"] if name == "haas-register-environment"]
        assert told == [environment]


async def test_a_certificate_of_another_environment_is_refused(
    proxy: Proxy, conformance: Proxy, recipient: IssuedClient
) -> None:
    """nginx refuses it at the proxy of the other environment, and the application at a brand of the other one."""
    answer = await conformance.ask(SECURE, client=recipient, context=_trusting(conformance, proxy, recipient))
    assert dict(answer.json()["headers"])["haas-refused"] == "certificate-invalid"
    assert "client-cert" not in dict(answer.json()["headers"])


def _trusting(server: Proxy, issuer: Proxy, client: IssuedClient) -> object:
    """Return a context that trusts one proxy's server certificate and presents a certificate of the other's."""
    context = server.context()
    file = issuer.folder.root / "of-another-environment.pem"
    file.write_text(f"{client.certificate}{client.key}", encoding="ascii")
    file.chmod(0o600)
    context.load_cert_chain(file)
    return context
