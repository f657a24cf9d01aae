"""The client of the CDR Register, which every tenant has (CDS, CDR Register calling Data Holders)."""

from datetime import datetime
from typing import Final

import msgspec

from haas.database import Transaction
from tenants.clients import store
from tenants.clients.models import Registration
from tenants.oauth import scopes

CLIENT_ID: Final = "cdr-register"
"""The client id "MAY be a static client ID value of cdr-register" (CDS)."""

_REGISTRATION: Final = {
    "client_name": "CDR Register",
    "client_description": "The Consumer Data Right Register",
    "client_uri": "https://www.cdr.gov.au",
    "org_id": CLIENT_ID,
    "org_name": "Australian Competition and Consumer Commission",
    "logo_uri": "https://www.cdr.gov.au",
    "software_id": CLIENT_ID,
    "scope": scopes.join(scopes.ADMIN_SCOPES),
    "redirect_uris": (),
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_signing_alg": "PS256",
    "grant_types": ("client_credentials",),
    "response_types": (),
    "id_token_signed_response_alg": "PS256",
    "authorization_signed_response_alg": "PS256",
    "request_object_signing_alg": "PS256",
    "software_statement": "",
}


async def add_cdr_register_client(tx: Transaction, jwks_uri: str, now: datetime) -> None:
    """Add the client of the CDR Register to a tenant, unless it exists.

    `jwks_uri` is only stored: the keys are always fetched from the JWKS of the tenant's register environment.
    """
    registration = msgspec.convert({**_REGISTRATION, "jwks_uri": jwks_uri}, Registration)
    await store.add(tx, CLIENT_ID, "register", registration, recipient_id=CLIENT_ID, now=now)
