"""The CDR arrangement revocation endpoint (CDS, CDR Arrangement Revocation endpoint).

It also serves a suspended tenant: ending sharing must always be possible.
"""

from typing import Final
from uuid import UUID

from litestar import Response, post

from apps.http.call import HttpRequest, in_transaction, respond
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.json_responses import NO_STORE
from apps.http.suspension import SERVES_SUSPENDED
from apps.identity.client_authentication import AUTHENTICATE_THE_CLIENT, ClientCall, mark_the_assertion_as_used
from haas.steps import Step
from tenants.arrangements import service as arrangements
from tenants.arrangements.errors import ArrangementEnded, ArrangementNotFound
from tenants.arrangements.models import parse_arrangement_id
from tenants.cds.errors import FIELD_MISSING, INVALID_ARRANGEMENT, CdsError
from tenants.holders.service import tell_of_end
from tenants.oauth.endpoints import ARRANGEMENT_REVOCATION


class ArrangementRevocationCall(ClientCall):
    """The state of a call that revokes an arrangement."""

    arrangement_id: UUID


def has_an_arrangement_id(call: ArrangementRevocationCall) -> None:
    """`cdr_arrangement_id` is present (CDS, "Form Parameter" method) and has the form of our ids."""
    given = call.parameters.get("cdr_arrangement_id")
    if given is None:
        raise CdsError(FIELD_MISSING, "cdr_arrangement_id")
    found = parse_arrangement_id(given)
    if found is None:
        raise CdsError(INVALID_ARRANGEMENT, given)
    call.arrangement_id = found


async def end_the_arrangement(call: ArrangementRevocationCall) -> None:
    """The arrangement was active and belongs to this client. It is ended, and its tokens are revoked.

    "If the cdr_arrangement_id is not related to the client making the call it MUST be rejected" (CDS).
    """
    ctx = call.context
    try:
        await arrangements.end_for_recipient(
            call.tx, call.arrangement_id, call.client.client_id, tell=tell_of_end(ctx.tenant), now=ctx.now
        )
    except (ArrangementNotFound, ArrangementEnded) as error:
        raise CdsError(INVALID_ARRANGEMENT, str(call.arrangement_id)) from error


def respond_without_content(call: ArrangementRevocationCall) -> None:
    """The response is 204 (CDS, CDR Arrangement Revocation endpoint)."""
    call.response = Response(None, status_code=204, headers=NO_STORE)


STEPS: Final[tuple[Step[ArrangementRevocationCall], ...]] = (
    *AUTHENTICATE_THE_CLIENT,
    in_transaction(mark_the_assertion_as_used, has_an_arrangement_id, end_the_arrangement),
    respond_without_content,
)


@post(
    ARRANGEMENT_REVOCATION,
    status_code=204,
    request_max_body_size=MAXIMUM_BODY_BYTES,
    opt={SERVES_SUSPENDED: True},
)
async def revoke_arrangement(request: HttpRequest) -> Response[None]:
    """End an arrangement because the consumer has withdrawn the consent at the recipient."""
    return await respond(STEPS, ArrangementRevocationCall(request, "revokeArrangement", ARRANGEMENT_REVOCATION))
