"""Control API: software products, their statements, certificates and registrations."""

from typing import Any

import httpx
from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.pki.errors import PkiError
from ops.sandbox.control.models import JwksDocument, Keys, NewCertificate, NewRegistration, NewSoftwareProduct, NewSsa
from ops.sandbox.control.new_product import add_product, refuse_private_keys
from ops.sandbox.control.requests import Conflict, NotFound, read_body
from ops.sandbox.jose import JwkError, SigningKey
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.holder import HolderError
from ops.sandbox.recipient.register_api import HolderBrand
from ops.sandbox.register.models import SoftwareProduct
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import BadRequest, HttpRequest

_ALGORITHMS = (
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
    "id_token_signed_response_alg",
    "authorization_signed_response_alg",
)


@get("/software-products")
async def list_software_products(services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Every software product of the Register."""
    return {"software_products": await services.register.products.all()}


@post("/software-products")
async def add_software_product(request: HttpRequest, services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """Add a software product. Without `data_recipient_brand_id`, a brand and legal entity are created too."""
    return await add_product(services, await read_body(request, NewSoftwareProduct))


@get("/software-products/{product_id:str}")
async def get_software_product(
    product_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> SoftwareProduct:
    """One software product."""
    return await _product(services, product_id)


@put("/software-products/{product_id:str}/jwks")
async def set_jwks(
    request: HttpRequest, product_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> dict[str, Any]:
    """Replace the public keys of a product that the sandbox hosts."""
    wanted = await read_body(request, Keys)
    refuse_private_keys(wanted.keys)
    hosted = await services.hosting.publish(product_id, wanted.keys)
    if hosted is None:
        raise NotFound("the sandbox does not host this product")
    return {"keys": services.hosting.public_keys(hosted)}


@put("/software-products/{product_id:str}/jwks-document", request_max_body_size=4_000_000)
async def set_jwks_document(
    request: HttpRequest, product_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> dict[str, int]:
    """Publish any text at the product's `jwks_uri`, to see what a data holder does with it."""
    wanted = await read_body(request, JwksDocument)
    if await services.hosting.publish_document(product_id, wanted.document) is None:
        raise NotFound("the sandbox hosts no such product")
    return {"length": len(wanted.document.encode())}


@get("/software-products/{product_id:str}/ssa")
async def get_ssa(product_id: FromPath[str], services: NamedDependency[SandboxServices]) -> dict[str, str]:
    """A new SSA, as Get Software Statement Assertion returns it."""
    product = await _product(services, product_id)
    return {"ssa": await services.register.ssa(product.data_recipient_brand_id, product_id)}


@post("/software-products/{product_id:str}/ssa")
async def make_ssa(
    request: HttpRequest, product_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> dict[str, str]:
    """A new SSA with the differences from the correct one that the body contains."""
    product, wanted = await _product(services, product_id), await read_body(request, NewSsa)
    deviation = Deviation(
        claims=_overrides(wanted.claims),
        header=_overrides(wanted.header),
        key=SigningKey.generate("PS256") if wanted.foreign_key else None,
    )
    return {"ssa": await services.register.ssa(product.data_recipient_brand_id, product_id, deviation)}


@post("/software-products/{product_id:str}/certificates")
async def issue_certificate(
    request: HttpRequest, product_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> Response[Any]:
    """Issue a client certificate for the product: valid, expired, revoked, or from an untrusted authority."""
    product, wanted = await _product(services, product_id), await read_body(request, NewCertificate)
    try:
        issued = await services.certificates.issue(product, wanted.kind, wanted.csr.encode() if wanted.csr else None)
    except PkiError as error:
        raise BadRequest(str(error)) from error
    body = {"certificate": issued.certificate, "private_key": issued.key, "x5t#S256": issued.thumbprint}
    return Response(body, status_code=201)


@get("/software-products/{product_id:str}/registrations")
async def list_registrations(product_id: FromPath[str], services: NamedDependency[SandboxServices]) -> dict[str, Any]:
    """The product's registrations that were made by the sandbox, with their client ids."""
    registrations = await services.collections.registrations.all()
    return {"registrations": [r for r in registrations if r.software_product_id == product_id]}


@post("/software-products/{product_id:str}/registrations")
async def register_with_tenant(
    request: HttpRequest, product_id: FromPath[str], services: NamedDependency[SandboxServices]
) -> Response[Any]:
    """Register the product with a tenant by dynamic client registration and return the client id."""
    product, wanted = await _product(services, product_id), await read_body(request, NewRegistration)
    brand = await _brand(services, wanted.tenant)
    hosted = await services.hosting.product(product_id)
    if wanted.private_jwk is not None:
        key = _signing_key(wanted.private_jwk)
    elif hosted is not None and product.jwks_uri.startswith(f"{services.recipient_origin}/"):
        key = SigningKey.from_jwk(hosted.signing_key)
    else:
        raise Conflict("the product has its own jwks_uri: send private_jwk, a key of that JWKS, to sign the request")
    own_keys = [] if hosted is None or wanted.private_jwk is not None else hosted.jwks
    algorithm = _algorithm(own_keys[0]) if own_keys else key.algorithm
    metadata = {**dict.fromkeys(_ALGORITHMS, algorithm), "redirect_uris": product.redirect_uris}
    try:
        client = await services.registration.client(product, brand, key)
        ssa = await services.register.ssa(product.data_recipient_brand_id, product_id)
        registration = await services.registration.register(
            client, brand, ssa, **{**metadata, **_overrides(wanted.metadata)}
        )
    except Refused as refusal:
        answer = {"status": refusal.status, "body": refusal.body}
        return Response({"error": "the tenant refused", "tenant_answer": answer}, status_code=422)
    except (HolderError, httpx.HTTPError) as error:
        raise Conflict(f"the communication with the tenant failed: {error}") from error
    return Response({"client_id": client.client_id, "registration": registration}, status_code=201)


ROUTES = [
    list_software_products,
    add_software_product,
    get_software_product,
    set_jwks,
    set_jwks_document,
    get_ssa,
    make_ssa,
    issue_certificate,
    list_registrations,
    register_with_tenant,
]


async def _product(services: SandboxServices, product_id: str) -> SoftwareProduct:
    product = await services.register.products.get(product_id)
    if product is None:
        raise NotFound("no such software product")
    return product


async def _brand(services: SandboxServices, name: str) -> HolderBrand:
    tenant = services.tenants.find(name)
    wanted = name if tenant is None else tenant.register_brand_id
    for brand in await services.register.holder_brands():
        if wanted in {brand.data_holder_brand_id, brand.infosec_base_uri}:
            return HolderBrand(
                id=brand.data_holder_brand_id,
                name=brand.brand_name,
                issuer=brand.infosec_base_uri,
                resource_base_uri=brand.resource_base_uri,
            )
    raise NotFound("no such tenant: `tenant` must be a slug, a Register brand id or an issuer")


def _signing_key(jwk: dict[str, Any]) -> SigningKey:
    try:
        return SigningKey.from_jwk({"alg": _algorithm(jwk), **jwk})
    except JwkError as error:
        raise BadRequest(f"private_jwk: {error}") from error


def _algorithm(jwk: dict[str, Any]) -> str:
    return "ES256" if jwk.get("kty") == "EC" else "PS256"


def _overrides(members: dict[str, Any]) -> dict[str, object]:
    return {name: ABSENT if value is None else value for name, value in members.items()}
