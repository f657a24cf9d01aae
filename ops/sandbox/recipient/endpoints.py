"""The recipient's endpoints for other software: JWKS, sector identifiers, and arrangement revocation."""

from pathlib import Path
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ops.sandbox.recipient.hosting import Hosting
from ops.sandbox.recipient.pages import PAGES
from ops.sandbox.recipient.revocation import EndpointFails, NoticeRefused, RevocationEndpoint, UnknownArrangement
from ops.sandbox.templating import HEADERS, style
from ops.sandbox.web import HttpRequest, address_of, form_of

_LOGO = (Path(__file__).parent / "templates" / "logo.svg").read_bytes()
_INVALID_ARRANGEMENT = {
    "code": "urn:au-cds:error:cds-all:Authorisation/InvalidArrangement",
    "title": "Invalid Consent Arrangement",
}


@get("/jwks")
async def own_jwks(hosting: NamedDependency[Hosting]) -> Response[Any]:
    """The keys of the recipient's own software product."""
    return await _jwks(hosting, hosting.own_product_id)


@get("/products/{product_id:str}/jwks")
async def jwks(product_id: FromPath[str], hosting: NamedDependency[Hosting]) -> Response[Any]:
    """The keys of a software product that the sandbox hosts."""
    return await _jwks(hosting, product_id)


@get("/products/{product_id:str}/sector_identifier.json")
async def sector_identifier(product_id: FromPath[str], hosting: NamedDependency[Hosting]) -> Response[Any]:
    """A product's redirect URIs, as a sector identifier document (OpenID Connect Core 8.1)."""
    hosted = await hosting.product(product_id)
    if hosted is None:
        return Response({"error": "no such software product"}, status_code=404)
    return Response(hosted.redirect_uris, headers=HEADERS)


@get("/sector_identifier.json")
async def own_sector_identifier(hosting: NamedDependency[Hosting]) -> Response[Any]:
    """The sector identifier document of the recipient's own software product."""
    hosted = await hosting.product(hosting.own_product_id)
    return Response([] if hosted is None else hosted.redirect_uris, headers=HEADERS)


@post("/arrangements/revoke")
async def revoke_own_arrangement(
    request: HttpRequest, hosting: NamedDependency[Hosting], revocation: NamedDependency[RevocationEndpoint]
) -> Response[Any]:
    """CDS, CDR Arrangement Revocation endpoint of the recipient's own software product."""
    return await _received(request, revocation, hosting.own_product_id)


@post("/products/{product_id:str}/arrangements/revoke")
async def revoke_arrangement(
    request: HttpRequest, product_id: FromPath[str], revocation: NamedDependency[RevocationEndpoint]
) -> Response[Any]:
    """CDS, CDR Arrangement Revocation endpoint of a software product that the sandbox hosts."""
    return await _received(request, revocation, product_id)


@get("/products/{product_id:str}/callback")
async def product_callback(product_id: FromPath[str]) -> Response[str]:
    """The redirect URI of a product, whose own software must read the authorisation response."""
    return PAGES.show(
        "message.html",
        title="Back from the data holder",
        paragraphs=("The software of this product reads the response from the address of this page.",),
        technical=product_id,
    )


@get("/logo.svg")
async def logo() -> Response[bytes]:
    """The recipient's logo, which the SSA points to."""
    return Response(_LOGO, media_type="image/svg+xml", headers={**HEADERS, "Cache-Control": "max-age=3600"})


@get("/style.css")
async def style_sheet() -> Response[bytes]:
    """The pages' style."""
    return style("recipient")


ROUTES = [
    own_jwks,
    jwks,
    own_sector_identifier,
    sector_identifier,
    revoke_own_arrangement,
    revoke_arrangement,
    product_callback,
    logo,
    style_sheet,
]


async def _jwks(hosting: Hosting, product_id: str) -> Response[Any]:
    hosted = await hosting.product(product_id)
    if hosted is None:
        return Response({"error": "no such software product"}, status_code=404)
    headers = {**HEADERS, "Cache-Control": "no-cache"}
    if hosted.jwks_document is not None:
        return Response(hosted.jwks_document.encode(), media_type="application/json", headers=headers)
    return Response({"keys": hosting.public_keys(hosted)}, headers=headers)


async def _received(request: HttpRequest, revocation: RevocationEndpoint, product_id: str) -> Response[Any]:
    form = await form_of(request)
    authorization = request.headers.get("authorization")
    try:
        await revocation.receive(product_id, address_of(request), authorization, form)
    except EndpointFails as failure:
        return Response({"error": str(failure)}, status_code=failure.status)
    except NoticeRefused as refusal:
        body = {"error": "invalid_token", "error_description": str(refusal)}
        return Response(body, status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    except UnknownArrangement as unknown:
        return Response({"errors": [{**_INVALID_ARRANGEMENT, "detail": str(unknown)}]}, status_code=422)
    return Response(None, status_code=204)
