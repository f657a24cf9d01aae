"""The CDR arrangement revocation endpoint (CDS, CDR Arrangement Revocation endpoint). A suspended tenant keeps it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, post

from apps.http.cds import cds_failure
from apps.http.form_fields import MAXIMUM_BODY_BYTES
from apps.http.suspension import SERVES_SUSPENDED
from apps.identity.answers import NO_STORE
from apps.identity.callers import authenticated, infosec, verified_assertion
from apps.identity.forms import Form, read_form
from tenants.arrangements import service as arrangements
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound
from tenants.cds.errors import FIELD_MISSING, INVALID_ARRANGEMENT, CdsError
from tenants.oauth.endpoints import ARRANGEMENT_REVOCATION


@post(
    ARRANGEMENT_REVOCATION,
    status_code=204,
    request_max_body_size=MAXIMUM_BODY_BYTES,
    opt={SERVES_SUSPENDED: True},
    exception_handlers={CdsError: cds_failure},
)
async def revoke_arrangement(request: Request[Any, Any, Any]) -> Response[None]:
    """End an arrangement of the client, who has withdrawn its consent. "Form Parameter" method only."""
    ctx = infosec(request, "revokeArrangement")
    form = await read_form(request)
    assertion = await verified_assertion(ctx, form, ARRANGEMENT_REVOCATION)
    async with authenticated(ctx, assertion) as (tx, client):
        arrangement_id = _arrangement_id(form)
        try:
            await arrangements.end_for_recipient(tx, arrangement_id, client.client_id, now=ctx.now)
        except (ArrangementNotFound, ArrangementEnded) as error:
            raise CdsError(INVALID_ARRANGEMENT, str(arrangement_id)) from error
    return Response(None, status_code=204, headers=NO_STORE)


def _arrangement_id(form: Form) -> UUID:
    """`cdr_arrangement_id` is there; one that cannot be ours is as unknown as any other."""
    given = form.get("cdr_arrangement_id")
    if given is None:
        raise CdsError(FIELD_MISSING, "cdr_arrangement_id")
    try:
        return UUID(given)
    except ValueError as error:
        raise CdsError(INVALID_ARRANGEMENT, given) from error
