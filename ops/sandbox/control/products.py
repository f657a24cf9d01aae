"""Control API: software products, their statements, certificates and registrations."""

from typing import Any

import httpx
from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from haas.jose import JwkError, SigningKey
from ops.pki.errors import PkiError
from ops.sandbox.control.adding import added, refuse_private_keys
from ops.sandbox.control.bodies import Conflict, NotFound, body_of
from ops.sandbox.control.models import Keys, NewCertificate, NewRegistration, NewSoftwareProduct, NewSsa
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.recipient.holder import HolderError
from ops.sandbox.recipient.register_client import HolderBrand
from ops.sandbox.register.models import SoftwareProduct
from ops.sandbox.web import BadRequest, HttpRequest
from ops.sandbox.world import World

_ALGORITHMS = (
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
    "id_token_signed_response_alg",
    "authorization_signed_response_alg",
)


@get("/software-products")
async def list_software_products(world: NamedDependency[World]) -> dict[str, Any]:
    """Every software product of the Register."""
    return {"software_products": await world.register.products.all()}


@post("/software-products")
async def add_software_product(request: HttpRequest, world: NamedDependency[World]) -> dict[str, Any]:
    """Add a software product, with a brand and legal entity of its own unless it names a brand."""
    return await added(world, await body_of(request, NewSoftwareProduct))


@get("/software-products/{product_id:str}")
async def get_software_product(product_id: FromPath[str], world: NamedDependency[World]) -> SoftwareProduct:
    """One software product."""
    return await _product(world, product_id)


@put("/software-products/{product_id:str}/jwks")
async def set_jwks(request: HttpRequest, product_id: FromPath[str], world: NamedDependency[World]) -> dict[str, Any]:
    """Replace the public keys of a product that the sandbox hosts."""
    wanted = await body_of(request, Keys)
    refuse_private_keys(wanted.keys)
    hosted = await world.hosting.publish(product_id, wanted.keys)
    if hosted is None:
        raise NotFound("the sandbox hosts no such product")
    return {"keys": world.hosting.public_keys(hosted)}


@get("/software-products/{product_id:str}/ssa")
async def get_ssa(product_id: FromPath[str], world: NamedDependency[World]) -> dict[str, str]:
    """A fresh SSA, as Get Software Statement Assertion answers it."""
    product = await _product(world, product_id)
    return {"ssa": await world.register.ssa(product.data_recipient_brand_id, product_id)}


@post("/software-products/{product_id:str}/ssa")
async def make_ssa(request: HttpRequest, product_id: FromPath[str], world: NamedDependency[World]) -> dict[str, str]:
    """An SSA that is wrong on purpose."""
    product, wanted = await _product(world, product_id), await body_of(request, NewSsa)
    deviation = Deviation(
        claims=_overrides(wanted.claims),
        header=_overrides(wanted.header),
        key=SigningKey.generate("PS256") if wanted.foreign_key else None,
    )
    return {"ssa": await world.register.ssa(product.data_recipient_brand_id, product_id, deviation)}


@post("/software-products/{product_id:str}/certificates")
async def issue_certificate(
    request: HttpRequest, product_id: FromPath[str], world: NamedDependency[World]
) -> Response[Any]:
    """A client certificate for the product: valid, expired, revoked, or of a foreign authority."""
    product, wanted = await _product(world, product_id), await body_of(request, NewCertificate)
    try:
        issued = await world.certificates.issue(product, wanted.kind, wanted.csr.encode() if wanted.csr else None)
    except PkiError as error:
        raise BadRequest(str(error)) from error
    body = {"certificate": issued.certificate, "private_key": issued.key, "x5t#S256": issued.thumbprint}
    return Response(body, status_code=201)


@get("/software-products/{product_id:str}/registrations")
async def list_registrations(product_id: FromPath[str], world: NamedDependency[World]) -> dict[str, Any]:
    """The product's client ids, as far as the sandbox registered it."""
    registrations = await world.books.registrations.all()
    return {"registrations": [r for r in registrations if r.software_product_id == product_id]}


@post("/software-products/{product_id:str}/registrations")
async def register_with_tenant(
    request: HttpRequest, product_id: FromPath[str], world: NamedDependency[World]
) -> Response[Any]:
    """Register the product with a tenant by dynamic client registration; the answer carries the client id."""
    product, wanted = await _product(world, product_id), await body_of(request, NewRegistration)
    brand = await _brand(world, wanted.tenant)
    hosted = await world.hosting.product(product_id)
    if wanted.private_jwk is not None:
        key = _signing_key(wanted.private_jwk)
    elif hosted is not None and product.jwks_uri.startswith(f"{world.recipient_origin}/"):
        key = SigningKey.from_jwk(hosted.signing_key)
    else:
        raise Conflict("the product publishes its own JWKS: send private_jwk, a key of it, to sign the request with")
    own_keys = [] if hosted is None or wanted.private_jwk is not None else hosted.jwks
    algorithm = _algorithm(own_keys[0]) if own_keys else key.algorithm
    metadata = {**dict.fromkeys(_ALGORITHMS, algorithm), "redirect_uris": product.redirect_uris}
    try:
        client = await world.registrar.client(product, brand, key)
        ssa = await world.register.ssa(product.data_recipient_brand_id, product_id)
        registration = await world.registrar.register(client, brand, ssa, **{**metadata, **_overrides(wanted.metadata)})
    except Refused as refusal:
        answer = {"status": refusal.status, "body": refusal.body}
        return Response({"error": "the tenant refused", "tenant_answer": answer}, status_code=422)
    except (HolderError, httpx.HTTPError) as error:
        raise Conflict(f"the tenant cannot be spoken to: {error}") from error
    return Response({"client_id": client.client_id, "registration": registration}, status_code=201)


ROUTES = [
    list_software_products,
    add_software_product,
    get_software_product,
    set_jwks,
    get_ssa,
    make_ssa,
    issue_certificate,
    list_registrations,
    register_with_tenant,
]


async def _product(world: World, product_id: str) -> SoftwareProduct:
    product = await world.register.products.get(product_id)
    if product is None:
        raise NotFound("no such software product")
    return product


async def _brand(world: World, name: str) -> HolderBrand:
    tenant = world.tenants.find(name)
    wanted = name if tenant is None else tenant.register_brand_id
    for brand in await world.register.holder_brands():
        if wanted in {brand.data_holder_brand_id, brand.infosec_base_uri}:
            return HolderBrand(
                id=brand.data_holder_brand_id,
                name=brand.brand_name,
                issuer=brand.infosec_base_uri,
                resource_base_uri=brand.resource_base_uri,
            )
    raise NotFound("no such tenant: name a slug, a Register brand id or an issuer")


def _signing_key(jwk: dict[str, Any]) -> SigningKey:
    try:
        return SigningKey.from_jwk({"alg": _algorithm(jwk), **jwk})
    except JwkError as error:
        raise BadRequest(f"private_jwk: {error}") from error


def _algorithm(jwk: dict[str, Any]) -> str:
    return "ES256" if jwk.get("kty") == "EC" else "PS256"


def _overrides(members: dict[str, Any]) -> dict[str, object]:
    return {name: ABSENT if value is None else value for name, value in members.items()}
