"""The e-Hub of the embedded stack, through its proxy: mutual TLS with the authorities of the market."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ops.pki.clients import IssuedClient
from ops.sandbox.transport import http_client
from ops.stack.embedded import Stack
from tests.ops.sandbox.ehub.retailer import BASE, DISCOVERY, Retailer, code_of

NMI, SOLAR = "4102000010", "4102000014"


def http(stack: Stack, client: IssuedClient | None) -> httpx.AsyncClient:
    pair = None if client is None else (client.certificate.encode(), str(client.key).encode())
    opened = http_client(
        hosts=stack.description.addresses, trusted_roots=Path(stack.description.roots.bundle), certificate=pair
    )
    opened.base_url = httpx.URL(stack.description.sandbox.ehub_url)
    return opened


@asynccontextmanager
async def banksia(stack: Stack, client: IssuedClient | None = None) -> AsyncIterator[Retailer]:
    async with http(stack, client or stack.pki.issue_participant("BANKSIA")) as opened:
        yield Retailer(opened, "BANKSIA", "BANKSIA_API", "Sandbox-Banksia-1")


@pytest.fixture
async def control(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.description.sandbox.ehub_control_api, trust_env=False) as client:
        yield client
        await client.delete("/faults")


async def test_a_participant_is_served_with_its_certificate(stack: Stack, control: httpx.AsyncClient) -> None:
    begin = (await control.get("/calls")).json()["last"]
    async with banksia(stack) as retailer:
        points = await retailer.service_points([NMI, SOLAR])
        answers = [points, await retailer.detail(NMI), await retailer.der([SOLAR]), await retailer.der_of(SOLAR)]
        answers += [await retailer.usage([NMI], interval_reads="FULL", page_size=1000), await retailer.usage_of(NMI)]
        assert [answer.status_code for answer in answers] == [200] * 6
        following = answers[5].json()["links"]["next"]
        assert following.startswith(f"{stack.description.sandbox.ehub_url}{BASE}/{NMI}/usage?")
        assert (await retailer.follow(following)).status_code == 200
    calls = (await control.get("/calls", params={"after": begin})).json()["calls"]
    assert [call["status"] for call in calls] == [200] * 7
    assert calls[0]["nmis"] == [NMI, SOLAR]


async def test_certificates_of_other_authorities_and_expired_ones_are_refused(stack: Stack) -> None:
    """A certificate of the CDR is none of the market, and the other way round."""
    pki = stack.pki
    for refused in (
        pki.issue_client("BANKSIA", "A data recipient"),
        pki.issue_participant("BANKSIA", foreign=True),
        pki.issue_participant("BANKSIA", expired=True),
    ):
        async with banksia(stack, refused) as retailer:
            assert code_of(await retailer.detail(NMI), 503) == "GeneralError/Expected"
    async with http(stack, None) as anonymous:
        assert code_of(await anonymous.get(f"{BASE}/{NMI}"), 503) == "GeneralError/Expected"
    tenant = stack.description.tenants[0]
    async with http(stack, pki.issue_participant("BANKSIA")) as participant:
        answer = await participant.get(f"{tenant.resource_base_uri}/cds-au/v1/energy/accounts", headers={"x-v": "2"})
        assert answer.status_code == 400
        assert "certificate" in answer.json()["errors"][0]["detail"]


async def test_status_and_outages_need_no_certificate(stack: Stack) -> None:
    """C-A17."""
    async with http(stack, None) as anonymous:
        for path in ("status", "outages"):
            answer = await anonymous.get(f"{DISCOVERY}/{path}", headers={"x-v": "1"})
            assert answer.status_code == 200, answer.text


async def test_a_certificate_is_issued_by_the_control_api(stack: Stack, control: httpx.AsyncClient) -> None:
    """A-3: RSA with 2048 bits, three years, and the participant's id as the name."""
    answer = (await control.post("/participants/BANKSIA/certificates", json={})).json()
    issued = IssuedClient("", answer["certificate"], answer["private_key"], answer["x5t#S256"])
    async with banksia(stack, issued) as retailer:
        assert (await retailer.detail(NMI)).status_code == 200
    certificate = x509.load_pem_x509_certificate(answer["certificate"].encode())
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 2048
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 3 * 365
    assert "CN=BANKSIA" in certificate.subject.rfc4514_string()


async def test_the_server_is_certified_by_the_authority_of_the_market(stack: Stack) -> None:
    context = ssl.create_default_context(cafile=str(stack.pki.market_authorities_file))
    async with httpx.AsyncClient(verify=context, trust_env=False) as client:
        url = f"https://127.0.0.1:{stack.description.port}{DISCOVERY}/status"
        name = "ehub.cdr-sandbox.localhost"
        headers = {"x-v": "1", "Host": name}
        answer = await client.get(url, headers=headers, extensions={"sni_hostname": name})
    assert answer.status_code == 200


async def test_a_connection_can_be_cut_in_the_middle_of_a_response(stack: Stack, control: httpx.AsyncClient) -> None:
    await control.post("/faults", json={"kind": "cut", "times": 1})
    async with banksia(stack) as retailer:
        with pytest.raises(httpx.RemoteProtocolError):
            await retailer.usage([NMI], interval_reads="FULL", page_size=100)
        assert (await retailer.usage([NMI])).status_code == 200


async def test_a_killed_ehub_comes_back_with_its_passwords_and_without_faults(
    stack: Stack, control: httpx.AsyncClient
) -> None:
    await control.put("/participants/KILLED", json={"username": "K", "password": "Before-The-End-1"})
    await control.put("/service-points/QAAAVZZZZZ", json={"participant_id": "KILLED"})
    await control.post("/faults", json={"kind": "error"})
    client = stack.pki.issue_participant("KILLED")
    async with http(stack, client) as opened:
        retailer = Retailer(opened, "KILLED", "K", "Before-The-End-1")
        changed = await retailer.change_password("Before-The-End-1", "After-The-End-2", **{"x-v": "1"})
        assert changed.status_code == 500, "the fault is for every operation"
        await control.delete("/faults")
        changed = await retailer.change_password("Before-The-End-1", "After-The-End-2")
        assert changed.json()["Success"] is True
    await control.post("/faults", json={"kind": "error"})
    await stack.kill("ehub")
    await stack.until_ready("ehub")
    async with http(stack, client) as opened:
        assert (await Retailer(opened, "KILLED", "K", "After-The-End-2").detail("QAAAVZZZZZ")).status_code == 200


async def test_the_page_is_served_to_browsers_and_the_operations_are_not(stack: Stack) -> None:
    async with http(stack, stack.pki.issue_participant("BANKSIA")) as participant:
        page = await participant.get(f"{stack.description.sandbox.market_url}/")
        assert "Sandbox e-Hub" in page.text
        assert (await participant.get(f"{stack.description.sandbox.market_url}{BASE}/{NMI}")).status_code == 404
