"""The Register's endpoints. Each handler has the operation name of the standards."""

import hashlib
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.sandbox.cds_errors import invalid_field, invalid_page
from ops.sandbox.paging import page_and_size
from ops.sandbox.register import responses
from ops.sandbox.register.authorisation import SCOPE, RegisterAuthorisation
from ops.sandbox.register.errors import BearerRefused, invalid_industry
from ops.sandbox.register.service import Register
from ops.sandbox.versions import negotiated
from ops.sandbox.web import HttpRequest, address_of, certificate_thumbprint, form_of

INDUSTRIES = ("banking", "energy", "non-bank-lending", "telco", "all")
RECIPIENT_INDUSTRIES = ("all",)


@get("/idp/.well-known/openid-configuration")
async def get_register_open_id_provider_config(authorisation: NamedDependency[RegisterAuthorisation]) -> dict[str, Any]:
    """CDS, Register endpoints: OIDC discovery of the Register."""
    return {
        "issuer": authorisation.issuer,
        "jwks_uri": f"{authorisation.issuer}/.well-known/openid-configuration/jwks",
        "token_endpoint": authorisation.token_endpoint,
        "claims_supported": ["sub"],
        "id_token_signing_alg_values_supported": ["PS256"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "scopes_supported": [SCOPE],
        "response_types_supported": ["token"],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["PS256", "ES256"],
        "tls_client_certificate_bound_access_tokens": True,
    }


@get("/idp/.well-known/openid-configuration/jwks")
async def get_token_jwks(register: NamedDependency[Register]) -> dict[str, Any]:
    """The keys that sign the Register's access tokens."""
    return await _jwks(register, "idp")


@get("/cdr-register/v1/jwks")
async def get_register_jwks(register: NamedDependency[Register]) -> dict[str, Any]:
    """The keys that sign SSAs and the Register's own client authentication."""
    return await _jwks(register, "ssa")


@post("/idp/connect/token", status_code=200)
async def post_token(request: HttpRequest, authorisation: NamedDependency[RegisterAuthorisation]) -> Response[Any]:
    """Issue an access token for the private Register APIs."""
    token = await authorisation.token(await form_of(request), certificate_thumbprint(request))
    return Response(msgspec.to_builtins(token), headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


@get("/cdr-register/v1/{industry:str}/data-holders/brands")
async def get_data_holder_brands(
    request: HttpRequest,
    industry: FromPath[str],
    register: NamedDependency[Register],
    authorisation: NamedDependency[RegisterAuthorisation],
) -> Response[bytes]:
    """Get Data Holder Brands, version 3."""
    await authorisation.client(request.headers.get("authorization"), certificate_thumbprint(request))
    version = negotiated(request.headers, (3,))
    brands = await register.holder_brands() if _industry(industry, INDUSTRIES) in {"energy", "all"} else []
    since = _moment(request.query_params.get("updated-since"))
    brands = [brand for brand in brands if since is None or brand.last_updated >= since]
    page, size = page_and_size(request)
    pages = max(1, -(-len(brands) // size))
    if page > pages:
        raise invalid_page(f"page {page} of {pages}")
    chosen = brands[(page - 1) * size : page * size]
    steps = {"first": 1, "prev": page - 1} if page > 1 else {}
    steps |= {"next": page + 1, "last": pages} if page < pages else {}
    links = {name: _page_address(request, number) for name, number in steps.items()}
    return _answer(
        request,
        version,
        [responses.holder_brand(brand) for brand in chosen],
        links,
        {"totalRecords": len(brands), "totalPages": pages if brands else 0},
    )


@get("/cdr-register/v1/{industry:str}/data-recipients/brands/{brand_id:str}/software-products/{product_id:str}/ssa")
async def get_software_statement_assertion(
    request: HttpRequest,
    *,
    industry: FromPath[str],
    brand_id: FromPath[str],
    product_id: FromPath[str],
    register: NamedDependency[Register],
    authorisation: NamedDependency[RegisterAuthorisation],
) -> Response[bytes]:
    """Get Software Statement Assertion, version 4: the SSA as a JSON string."""
    client = await authorisation.client(request.headers.get("authorization"), certificate_thumbprint(request))
    version = negotiated(request.headers, (4,))
    _industry(industry, RECIPIENT_INDUSTRIES)
    if client not in {brand_id, product_id}:
        raise BearerRefused("the token was issued to another client")
    ssa = await register.ssa(brand_id, product_id)
    return Response(msgspec.json.encode(ssa), media_type="application/json", headers={"x-v": str(version)})


@get("/cdr-register/v1/{industry:str}/data-holders/brands/summary")
async def get_data_holder_brands_summary(
    request: HttpRequest, industry: FromPath[str], register: NamedDependency[Register]
) -> Response[bytes]:
    """Get Data Holder Brands Summary, version 2."""
    version = negotiated(request.headers, (2,))
    brands = await register.holder_brands() if _industry(industry, INDUSTRIES) in {"energy", "all"} else []
    return _answer(request, version, [responses.holder_brand_summary(brand) for brand in brands])


@get("/cdr-register/v1/{industry:str}/data-holders/status")
async def get_data_holder_statuses(
    request: HttpRequest, industry: FromPath[str], register: NamedDependency[Register]
) -> Response[bytes]:
    """Get Data Holder Statuses, version 2."""
    version = negotiated(request.headers, (2,))
    brands = await register.holder_brands() if _industry(industry, INDUSTRIES) in {"energy", "all"} else []
    entities = {brand.legal_entity_id: "ACTIVE" for brand in brands}
    return _answer(request, version, [{"legalEntityId": key, "status": value} for key, value in entities.items()])


@get("/cdr-register/v1/{industry:str}/data-recipients/brands/software-products/status")
async def get_software_products_statuses(
    request: HttpRequest, industry: FromPath[str], register: NamedDependency[Register]
) -> Response[bytes]:
    """Get Software Products Statuses, version 3."""
    version = negotiated(request.headers, (3,))
    _industry(industry, RECIPIENT_INDUSTRIES)
    products = [product for product in await register.products.all() if not product.omitted]
    statuses = [{"softwareProductId": p.software_product_id, "status": p.status} for p in products]
    return _answer(request, version, statuses)


@get("/cdr-register/v1/{industry:str}/data-recipients/status")
async def get_data_recipients_statuses(
    request: HttpRequest, industry: FromPath[str], register: NamedDependency[Register]
) -> Response[bytes]:
    """Get Data Recipients Statuses, version 3."""
    version = negotiated(request.headers, (3,))
    _industry(industry, RECIPIENT_INDUSTRIES)
    entities = [entity for entity in await register.recipients.all() if not entity.omitted]
    return _answer(request, version, [{"legalEntityId": e.legal_entity_id, "status": e.status} for e in entities])


@get("/cdr-register/v1/{industry:str}/data-recipients")
async def get_data_recipients(
    request: HttpRequest, industry: FromPath[str], register: NamedDependency[Register]
) -> Response[bytes]:
    """Get Data Recipients, version 4."""
    version = negotiated(request.headers, (4,))
    _industry(industry, RECIPIENT_INDUSTRIES)
    brands, products = await register.brands.all(), await register.products.all()
    entities = [responses.recipient(entity, brands, products) for entity in await register.recipients.all()]
    return _answer(request, version, entities)


PUBLIC = [
    get_register_open_id_provider_config,
    get_token_jwks,
    get_register_jwks,
    get_data_holder_brands_summary,
    get_data_holder_statuses,
    get_software_products_statuses,
    get_data_recipients_statuses,
    get_data_recipients,
]
SECURE = [post_token, get_data_holder_brands, get_software_statement_assertion]


async def _jwks(register: Register, purpose: str) -> dict[str, Any]:
    jwk = (await register.key(purpose)).public_jwk()
    jwk.pop("use", None)  # RFC 7517 4.3: not together with key_ops, which the Register's API definition requires
    return {"keys": [{**jwk, "key_ops": ["verify"]}]}


def _answer(
    request: HttpRequest,
    version: int,
    data: list[dict[str, Any]],
    links: dict[str, str] | None = None,
    meta: dict[str, Any] | None = None,
) -> Response[bytes]:
    body = msgspec.json.encode(
        {"data": data, "links": {"self": address_of(request), **(links or {})}, "meta": meta or {}}
    )
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"x-v": str(version), "ETag": etag}
    if etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _industry(industry: str, allowed: tuple[str, ...]) -> str:
    if industry not in allowed:
        raise invalid_industry(industry)
    return industry


def _page_address(request: HttpRequest, page: int) -> str:
    query = urlencode({**request.query_params.dict(), "page": page}, doseq=True)
    return f"{address_of(request).partition('?')[0]}?{query}"


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError as error:
        raise invalid_field("updated-since") from error
