"""Control API: software products, their statements, certificates and registrations."""

from datetime import UTC, datetime
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ops.sandbox.jose import PublicKeys, SigningKey, read_unverified, sign, verify
from ops.stack.description import TenantDescription
from tests.ops.sandbox.addresses import HOLDER
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.faulty_holder import BRAND_ID, FaultyHolder


async def added(control: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await control.post("/software-products", json=members)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_product_is_added_with_its_own_keys_and_addresses(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
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
    jwks = (await anonymous.get(product["jwks_uri"])).json()
    assert key.kid in {jwk["kid"] for jwk in jwks["keys"]}
    assert not any("d" in jwk for jwk in jwks["keys"])
    ssa = (await control.get(f"/software-products/{product['software_product_id']}/ssa")).json()["ssa"]
    claims = read_unverified(ssa).claims
    assert claims["client_name"] == "Kilowatt Coach"
    assert claims["org_name"] == "Kilowatt"
    assert claims["redirect_uris"] == ["https://k.test/callback?from=holder", "https://k.test/other"]
    assert claims["sector_identifier_uri"] == "https://k.test/sector.json"
    assert claims["revocation_uri"] == "https://k.test/cdr/arrangements/revoke"
    again = await added(control, data_recipient_brand_id=product["data_recipient_brand_id"])
    assert again["legal_entity_id"] == product["legal_entity_id"]
    listed = (await control.get("/software-products")).json()["software_products"]
    assert {product["software_product_id"], again["software_product_id"]} <= {p["software_product_id"] for p in listed}


async def test_a_generated_key_is_published_and_can_be_rotated(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    product = await added(control, algorithm="ES256")
    key = SigningKey.from_jwk(product["private_jwk"])
    keys = PublicKeys.from_jwks((await anonymous.get(product["jwks_uri"])).content)
    assert verify(sign({"sub": "x"}, key), keys).claims == {"sub": "x"}
    rotated = SigningKey.generate("ES256").public_jwk()
    url = f"/software-products/{product['software_product_id']}/jwks"
    await control.put(url, json={"keys": [rotated]})
    assert rotated["kid"] in {jwk["kid"] for jwk in (await anonymous.get(product["jwks_uri"])).json()["keys"]}
    sector = product["jwks_uri"].replace("/jwks", "/sector_identifier.json")
    assert (await anonymous.get(sector)).json() == product["redirect_uris"]
    assert (await anonymous.get(f"{product['redirect_uris'][0]}?response=x")).status_code == 200


async def test_any_text_can_be_published_as_the_key_set_until_the_next_rotation(
    control: httpx.AsyncClient, anonymous: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    url = f"/software-products/{product['software_product_id']}"
    assert (await control.put(f"{url}/jwks-document", json={"document": "\ufeffnot JSON"})).status_code == 200
    answer = await anonymous.get(product["jwks_uri"])
    assert (answer.status_code, answer.content) == (200, "\ufeffnot JSON".encode())
    await control.put(f"{url}/jwks", json={"keys": [SigningKey.generate("ES256").public_jwk()]})
    assert (await anonymous.get(product["jwks_uri"])).json()["keys"]
    assert (await control.put("/software-products/none/jwks-document", json={"document": ""})).status_code == 404


async def test_an_ssa_deviates_from_the_correct_one_on_request(
    control: httpx.AsyncClient, product: dict[str, Any]
) -> None:
    url = f"/software-products/{product['software_product_id']}/ssa"
    wrong = {"claims": {"exp": 1, "org_name": None}, "header": {"kid": "other"}}
    header, claims = read_unverified((await control.post(url, json=wrong)).json()["ssa"])
    assert claims["exp"] == 1
    assert "org_name" not in claims
    assert header["kid"] == "other"
    right = read_unverified((await control.get(url)).json()["ssa"]).header["kid"]
    assert read_unverified((await control.post(url, json={"foreign_key": True})).json()["ssa"]).header["kid"] != right


async def test_certificates_of_each_kind_are_issued(
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


async def test_a_software_product_is_registered_with_a_tenant_of_the_stack(
    stack_control: httpx.AsyncClient, aurora: TenantDescription
) -> None:
    product = await added(stack_control)
    url = f"/software-products/{product['software_product_id']}/registrations"
    elsewhere = {"redirect_uris": ["https://elsewhere.test/callback"]}
    refused = await stack_control.post(url, json={"tenant": "aurora", "metadata": elsewhere})
    assert refused.status_code == 422, refused.text
    assert refused.json()["tenant_answer"]["status"] == 400
    assert refused.json()["tenant_answer"]["body"]["error"] == "invalid_redirect_uri"
    answer = await stack_control.post(url, json={"tenant": aurora.issuer})
    assert answer.status_code == 201, answer.text
    assert answer.json()["registration"]["software_id"] == product["software_product_id"]


async def test_a_registration_request_has_the_metadata_of_the_product_and_of_the_caller(
    control: httpx.AsyncClient, product: dict[str, Any]
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
    for name in (BRAND_ID, HOLDER):
        assert (await control.post(url, json={"tenant": name})).status_code == 201
    assert (await control.post(url, json={"tenant": "nobody"})).status_code == 404


async def test_a_registration_is_signed_with_the_key_of_the_product(
    control: httpx.AsyncClient, holder: FaultyHolder
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
    assert read_unverified(holder.sent["/register"][-1]["jwt"]).header["kid"] == key.kid
    assert (await control.post(url, json={"tenant": "aurora", "private_jwk": {"kty": "EC"}})).status_code == 400
