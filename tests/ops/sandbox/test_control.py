"""The control API over its own socket."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ops.sandbox.jose import PublicKeys, SigningKey, peek, sign, verify
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.holder import BRAND_ID, ISSUER, StandInHolder


async def added(control: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await control.post("/software-products", json=members)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_product_is_added_with_what_it_brings(control: httpx.AsyncClient, outside: httpx.AsyncClient) -> None:
    key = SigningKey.generate("ES256")
    product = await added(
        control,
        name="Kilowatt Coach",
        brand_name="Kilowatt",
        legal_entity_name="Kilowatt Pty Ltd",
        jwks=[key.public_jwk()],
        redirect_uris=["https://k.test/callback?from=holder", "https://k.test/other"],
        sector_identifier_uri="https://k.test/sector.json",
        recipient_base_uri="https://k.test/cdr/",
    )
    assert "private_jwk" not in product
    jwks = (await outside.get(product["jwks_uri"])).json()
    assert key.kid in {jwk["kid"] for jwk in jwks["keys"]}
    assert not any("d" in jwk for jwk in jwks["keys"])
    ssa = (await control.get(f"/software-products/{product['software_product_id']}/ssa")).json()["ssa"]
    claims = peek(ssa).claims
    assert claims["client_name"] == "Kilowatt Coach"
    assert claims["org_name"] == "Kilowatt"
    assert claims["redirect_uris"] == ["https://k.test/callback?from=holder", "https://k.test/other"]
    assert claims["sector_identifier_uri"] == "https://k.test/sector.json"
    assert claims["revocation_uri"] == "https://k.test/cdr/arrangements/revoke"
    again = await added(control, data_recipient_brand_id=product["data_recipient_brand_id"])
    assert again["legal_entity_id"] == product["legal_entity_id"]
    listed = (await control.get("/software-products")).json()["software_products"]
    assert {product["software_product_id"], again["software_product_id"]} <= {p["software_product_id"] for p in listed}


async def test_a_key_that_the_sandbox_made_signs_for_the_product(
    control: httpx.AsyncClient, outside: httpx.AsyncClient
) -> None:
    product = await added(control, algorithm="ES256")
    key = SigningKey.from_jwk(product["private_jwk"])
    keys = PublicKeys.from_jwks((await outside.get(product["jwks_uri"])).content)
    assert verify(sign({"sub": "x"}, key), keys).claims == {"sub": "x"}
    rotated = SigningKey.generate("ES256").public_jwk()
    url = f"/software-products/{product['software_product_id']}/jwks"
    await control.put(url, json={"keys": [rotated]})
    assert rotated["kid"] in {jwk["kid"] for jwk in (await outside.get(product["jwks_uri"])).json()["keys"]}
    sector = product["jwks_uri"].replace("/jwks", "/sector_identifier.json")
    assert (await outside.get(sector)).json() == product["redirect_uris"]
    assert (await outside.get(f"{product['redirect_uris'][0]}?response=x")).status_code == 200


async def test_an_ssa_can_be_wrong_on_purpose(control: httpx.AsyncClient, product: dict[str, Any]) -> None:
    url = f"/software-products/{product['software_product_id']}/ssa"
    wrong = {"claims": {"exp": 1, "org_name": None}, "header": {"kid": "other"}}
    header, claims = peek((await control.post(url, json=wrong)).json()["ssa"])
    assert claims["exp"] == 1
    assert "org_name" not in claims
    assert header["kid"] == "other"
    right = peek((await control.get(url)).json()["ssa"]).header["kid"]
    assert peek((await control.post(url, json={"foreign_key": True})).json()["ssa"]).header["kid"] != right


async def test_certificates_of_every_kind(
    sandbox: RunningSandbox, control: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    url = f"/software-products/{product['software_product_id']}/certificates"
    now = datetime.now(UTC)
    issuers = {}
    for kind in ("valid", "expired", "revoked", "foreign"):
        body = (await control.post(url, json={"kind": kind})).json()
        assert "PRIVATE KEY" in body["private_key"]
        certificate = x509.load_pem_x509_certificate(body["certificate"].encode())
        issuers[kind] = certificate.issuer
        assert (certificate.not_valid_after_utc < now) is (kind == "expired")
        revoked = x509.load_pem_x509_crl(_intermediate_crl(sandbox))
        entry = revoked.get_revoked_certificate_by_serial_number(certificate.serial_number)
        assert (entry is not None) is (kind == "revoked")
    assert issuers["foreign"] != issuers["valid"]
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ignored")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256()).public_bytes(Encoding.PEM)
    body = (await control.post(url, json={"csr": csr.decode()})).json()
    assert body["private_key"] is None
    certificate = x509.load_pem_x509_certificate(body["certificate"].encode())
    assert certificate.public_key() == key.public_key()
    assert (await control.post(url, json={"csr": "nonsense"})).status_code == 400
    assert (await control.post("/software-products/unknown/certificates", json={})).status_code == 404


def _intermediate_crl(sandbox: RunningSandbox) -> bytes:
    return (
        sandbox.pki.revocation_lists_file.read_bytes().split(b"-----END X509 CRL-----\n")[1]
        + b"-----END X509 CRL-----\n"
    )


async def test_a_product_is_registered_with_a_tenant(
    control: httpx.AsyncClient, holder: StandInHolder, product: dict[str, Any]
) -> None:
    url = f"/software-products/{product['software_product_id']}/registrations"
    answer = await control.post(url, json={"tenant": "aurora", "metadata": {"application_type": None}})
    assert answer.status_code == 201, answer.text
    registration = answer.json()["registration"]
    assert answer.json()["client_id"] == registration["client_id"]
    assert registration["iss"] == product["software_product_id"]
    assert registration["redirect_uris"] == product["redirect_uris"]
    assert "application_type" not in registration
    listed = (await control.get(url)).json()["registrations"]
    assert [r["client_id"] for r in listed] == [answer.json()["client_id"]]
    for name in (BRAND_ID, ISSUER):
        assert (await control.post(url, json={"tenant": name})).status_code == 201
    holder.refuses["/register"] = (400, {"error": "invalid_software_statement"})
    refused = await control.post(url, json={"tenant": "aurora"})
    assert refused.status_code == 422
    assert refused.json()["tenant_answer"]["body"]["error"] == "invalid_software_statement"
    assert (await control.post(url, json={"tenant": "nobody"})).status_code == 404


async def test_a_registration_speaks_for_the_products_own_key(
    control: httpx.AsyncClient, holder: StandInHolder
) -> None:
    key = SigningKey.generate("ES256")
    product = await added(control, jwks=[key.public_jwk()])
    url = f"/software-products/{product['software_product_id']}/registrations"
    registration = (await control.post(url, json={"tenant": "aurora"})).json()["registration"]
    assert registration["token_endpoint_auth_signing_alg"] == "ES256"
    elsewhere = await added(control, jwks_uri="https://k.test/jwks")
    url = f"/software-products/{elsewhere['software_product_id']}/registrations"
    assert (await control.post(url, json={"tenant": "aurora"})).status_code == 409
    jwk = {name: value for name, value in key.private_jwk().items() if name != "alg"}
    assert (await control.post(url, json={"tenant": "aurora", "private_jwk": jwk})).status_code == 201
    assert peek(holder.sent["/register"][-1]["jwt"]).header["kid"] == key.kid
    assert (await control.post(url, json={"tenant": "aurora", "private_jwk": {"kty": "EC"}})).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/software-products", b"{", 400),
        ("POST", "/software-products", b'"text"', 400),
        ("POST", "/software-products", b"\xff", 400),
        ("POST", "/software-products", b'{"nmae": "x"}', 400),
        ("POST", "/software-products", b'{"redirect_uris": ["javascript:alert(1)"]}', 400),
        ("POST", "/software-products", b'{"jwks": [], "jwks_uri": "https://k.test/jwks"}', 400),
        ("POST", "/software-products", b'{"jwks": [{"kty": "EC", "d": "secret"}]}', 400),
        ("POST", "/software-products", b'{"data_recipient_brand_id": "unknown"}', 404),
        ("POST", "/software-products", b'{"name": "' + b"x" * 300_000 + b'"}', 413),
        ("GET", "/software-products/unknown", b"", 404),
        ("GET", "/software-products/unknown/ssa", b"", 404),
        ("PUT", "/software-products/unknown/status", b"{}", 404),
        ("PUT", "/software-products/unknown/jwks", b'{"keys": [{"kty": "EC", "d": "secret"}]}', 400),
        ("PUT", "/software-products/unknown/jwks", b'{"keys": [{}]}', 404),
        ("PUT", "/software-products/unknown/revocation-endpoint", b'{"failures": 1}', 404),
        ("PUT", "/software-products/unknown/revocation-endpoint", b'{"failures": -1}', 400),
        ("PUT", "/software-products/unknown/status", b'{"status": "SLEEPING"}', 400),
        ("PUT", "/data-recipients/unknown/status", b"{}", 404),
        ("PUT", "/pinned-codes/aurora/ada", b'{"code": "12"}', 400),
        ("PUT", "/pinned-codes/aurora/ada", b'{"code": "00789"}', 400),
        ("DELETE", "/pinned-codes/aurora/nobody", b"", 404),
        ("POST", "/clock", b'{"seconds": 1e12}', 400),
        ("GET", "/mailbox?after=-1", b"", 400),
        ("GET", "/mailbox?wait=3600", b"", 400),
        ("GET", "/notices?wait=x", b"", 400),
        ("GET", "/nowhere", b"", 404),
        ("DELETE", "/clock", b"", 405),
    ],
)
async def test_what_cannot_be_done_is_refused_clearly(
    control: httpx.AsyncClient, *, method: str, path: str, content: bytes, status: int
) -> None:
    answer = await control.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert "error" in answer.json()


async def test_web_pages_are_kept_out(control: httpx.AsyncClient) -> None:
    assert (await control.get("/clock", headers={"Host": "rebound.test"})).status_code == 403
    assert (await control.get("/clock", headers={"Origin": "https://evil.test"})).status_code == 403
    assert (await control.get("/clock", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    plain = {"Content-Type": "text/plain"}
    assert (await control.post("/clock", content=b'{"seconds": 5}', headers=plain)).status_code == 400


async def test_the_clock_moves_for_everybody(sandbox: RunningSandbox, control: httpx.AsyncClient) -> None:
    assert (await control.get("/clock")).json()["offset_seconds"] == 0
    assert (await control.post("/clock", json={"seconds": 3600})).json()["offset_seconds"] == 3600
    assert sandbox.clock.offset.total_seconds() == 3600
    assert (await control.post("/clock", json={"reset": True})).json()["offset_seconds"] == 0


async def test_a_code_is_pinned_where_the_product_reads_it(sandbox: RunningSandbox, control: httpx.AsyncClient) -> None:
    url = "/pinned-codes/aurora/ada%40example.test"
    assert (await control.put(url, json={"code": "000789"})).json()["code"] == "000789"
    file = sandbox.settings.pinned_codes
    assert file is not None
    assert json.loads(file.read_bytes()) == {"aurora": {"ada@example.test": "000789"}}
    assert (await control.get("/pinned-codes")).json()["pinned_codes"]["aurora"] == {"ada@example.test": "000789"}
    assert (await control.delete(url)).status_code == 204
    assert json.loads(file.read_bytes()) == {"aurora": {}}


async def test_the_products_jobs_are_run_to_their_end(sandbox: RunningSandbox, control: httpx.AsyncClient) -> None:
    assert (await control.post("/register-poll")).json()["output"] == "done"
    assert (await control.post("/outbox-drain")).status_code == 200
    assert sandbox.jobs.ran == ["register-poll", "outbox-drain"]
    sandbox.jobs.fails = True
    refused = await control.post("/register-poll")
    sandbox.jobs.fails = False
    assert refused.status_code == 502
    assert refused.json()["error"] == "job_failed"


async def test_tenants_and_brands_come_from_the_running_stack(control: httpx.AsyncClient) -> None:
    (tenant,) = (await control.get("/tenants")).json()["tenants"]
    assert tenant["demonstration_customers"] == [{"identifier": "ada@example.test"}]
    brand = {
        "brand_name": "Banksia Power",
        "issuer": "https://banksia.test",
        "public_base_uri": "https://banksia.test",
        "resource_base_uri": "https://mtls.banksia.test",
        "jwks_uri": "https://banksia.test/jwks",
    }
    assert (await control.put("/data-holder-brands/brand-2", json=brand)).status_code == 200
    brands = (await control.get("/data-holder-brands")).json()["data_holder_brands"]
    assert {b["brand_name"] for b in brands} == {"Aurora Energy", "Banksia Power"}
    assert (await control.get("/data-recipients")).json()["data_recipients"]


async def test_the_root_lists_the_operations(control: httpx.AsyncClient) -> None:
    operations = {entry["operation"]: entry["does"] for entry in (await control.get("/")).json()["operations"]}
    assert operations["POST /software-products"].startswith("Add a software product")
    assert len(operations) >= 25


async def test_the_listener_is_on_loopback_alone(sandbox: RunningSandbox) -> None:
    control = sandbox.application.control
    assert control is not None
    addresses = [s.getsockname()[0] for server in control.servers for s in server.sockets]
    assert addresses == ["127.0.0.1"]
