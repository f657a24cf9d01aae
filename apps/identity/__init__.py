"""The authorization server: one module for each endpoint."""

from typing import Final

from litestar import Router
from litestar.types import ControllerRouterHandler

from apps.identity.answers import oauth_failure
from apps.identity.arrangement_revocation import revoke_arrangement
from apps.identity.authorise import authorise, authorise_by_form
from apps.identity.discovery import jwks, openid_provider_configuration
from apps.identity.introspection import token_introspection
from apps.identity.par import pushed_authorisation_request
from apps.identity.register import (
    delete_data_recipient_oauth_client,
    get_data_recipient_oauth_client,
    register_data_recipient_oauth_client,
    update_data_recipient_oauth_client,
)
from apps.identity.revocation import token_revocation
from apps.identity.token import token
from apps.identity.userinfo import user_info
from tenants.oauth.errors import OAuthError

public_routes: Final[list[ControllerRouterHandler]] = [
    openid_provider_configuration,
    jwks,
    authorise,
    authorise_by_form,
]
secure_routes: Final[list[ControllerRouterHandler]] = [
    Router(
        "/",
        route_handlers=[
            pushed_authorisation_request,
            token,
            token_introspection,
            token_revocation,
            user_info,
            revoke_arrangement,
            register_data_recipient_oauth_client,
            get_data_recipient_oauth_client,
            update_data_recipient_oauth_client,
            delete_data_recipient_oauth_client,
        ],
        exception_handlers={OAuthError: oauth_failure},
    )
]
