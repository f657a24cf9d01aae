"""The routes of the authorization server, by surface."""

from typing import Final

from litestar.types import ControllerRouterHandler

from apps.identity.arrangement_revocation import revoke_arrangement
from apps.identity.authorise import authorise, authorise_by_form
from apps.identity.discovery import documents_preflight, jwks, openid_provider_configuration
from apps.identity.introspection import token_introspection
from apps.identity.par import pushed_authorisation_request
from apps.identity.registration import (
    delete_client_registration,
    get_client_registration,
    post_client_registration,
    put_client_registration,
)
from apps.identity.revocation import token_revocation
from apps.identity.token import token
from apps.identity.userinfo import user_info

public_routes: Final[list[ControllerRouterHandler]] = [
    documents_preflight,
    openid_provider_configuration,
    jwks,
    authorise,
    authorise_by_form,
]
secure_routes: Final[list[ControllerRouterHandler]] = [
    pushed_authorisation_request,
    token,
    token_introspection,
    token_revocation,
    user_info,
    revoke_arrangement,
    post_client_registration,
    get_client_registration,
    put_client_registration,
    delete_client_registration,
]
