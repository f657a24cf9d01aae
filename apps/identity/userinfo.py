"""The UserInfo endpoint (OIDC Core 5.3; CDS, UserInfo endpoint)."""

from collections.abc import Awaitable, Mapping
from typing import Any, Final

from litestar import HttpMethod, Response, route

from apps.http.call import HttpRequest, in_transaction, respond
from apps.http.json_responses import json_response
from apps.identity.bearer import BearerCall, has_an_access_token
from haas.digest import digest
from haas.steps import Step, on_attribute
from tenants.grants import access_token_rules, consumer_rules, store, userinfo
from tenants.grants.models import UserInfoToken
from tenants.oauth.endpoints import USERINFO
from tenants.oauth.errors import InvalidToken
from tenants.oauth.scopes import OPENID, PROFILE


class UserInfoCall(BearerCall):
    """The state of a UserInfo request."""

    token: UserInfoToken
    claims: Mapping[str, Any]


async def access_token_is_known(call: UserInfoCall) -> None:
    """This server issued the access token (RFC 6750 3.1). It is loaded with its client and authorised claims."""
    token = await store.load_userinfo_token(call.tx, digest(call.secret), call.context.now)
    if token is None:
        raise InvalidToken("the access token is unknown")
    call.token, call.use = token, call.token_use(token)


def call_is_within_the_traffic_thresholds(call: UserInfoCall) -> Awaitable[None] | None:
    """The calls of the customer, software product and brand are within the thresholds (CDS, Traffic Thresholds).

    Otherwise the status is 429.
    """
    ctx, token = call.context, call.token
    return ctx.services.traffic.authorisation_call(ctx.tenant, token.software_id, token.customer_id)


async def read_the_authorised_claims(call: UserInfoCall) -> None:
    """Only those claims about the person that were authorised are read (OIDC Core 5.4, 5.5; CDS, Claims)."""
    call.claims = await userinfo.person_claims(call.tx, call.token)


async def respond_with_subject_and_claims(call: UserInfoCall) -> None:
    """The response is 200 with the pairwise `sub`, which "MUST always be returned" (OIDC Core 5.3.2)."""
    ctx = call.context
    call.response = json_response(await userinfo.add_subject(ctx.services.keyring, ctx.tenant, call.token, call.claims))


def record_the_disclosure(call: UserInfoCall) -> None:
    """Claims about the person are recorded as disclosed, with the day (CDR Rules 7.9, 9.3(1)(d))."""
    if call.claims and call.token.arrangement_id is not None:
        call.context.record_disclosure(call.token.arrangement_id, PROFILE, (None,))


STEPS: Final[tuple[Step[UserInfoCall], ...]] = (
    has_an_access_token,
    in_transaction(
        access_token_is_known,
        *on_attribute(
            "use",
            (
                access_token_rules.has_not_expired,
                access_token_rules.is_bound_to_the_certificate,
                access_token_rules.is_not_revoked,
                access_token_rules.has_the_scope,
                access_token_rules.was_issued_for_a_consumer,
                access_token_rules.consent_is_in_force,
                access_token_rules.consent_was_not_amended,
                access_token_rules.recipient_is_active,
            ),
        ),
        *on_attribute("token", (consumer_rules.customer_is_eligible, consumer_rules.data_is_not_refused)),
        call_is_within_the_traffic_thresholds,
        read_the_authorised_claims,
    ),
    respond_with_subject_and_claims,
    record_the_disclosure,
)


@route(USERINFO, http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
async def user_info(request: HttpRequest) -> Response[bytes]:
    """Return the authorised claims about the person who authorised."""
    return await respond(STEPS, UserInfoCall(request, "userinfo", OPENID))
