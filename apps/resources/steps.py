"""The steps of every call of the data APIs, in the order in which they run (CDS, Standards, HTTP Headers, Error Codes).

A caller learns nothing from a later step unless the earlier steps have passed. `apps.resources.operations` contains the
steps that differ between operations: one that checks the object in the path, one that reads the parameters, and one
that fetches the data.
"""

from apps.http.call import in_transaction
from apps.http.request_headers import bearer_token
from apps.resources import headers
from apps.resources.call import DataCall
from haas.steps import Step, on_attribute
from tenants.cds.version_negotiation import negotiate_version
from tenants.disclosure import service as disclosure
from tenants.disclosure.service import CustomerData
from tenants.grants import access_token_rules
from tenants.grants.access_token_rules import TokenUse
from tenants.oauth.errors import TokenMissing
from tenants.sources.store import StoreSource


def has_an_access_token(call: DataCall) -> None:
    """The Authorization header contains a bearer token (RFC 6750 2.1; FAPI 1.0 Baseline 6.2.1-1)."""
    token = bearer_token(call.headers)
    if token is None:
        raise TokenMissing("no bearer token in the Authorization header")
    call.secret = token


async def access_token_is_known(call: DataCall) -> None:
    """This server has issued the access token (RFC 6750 3.1).

    One query loads it with its client, arrangement, authorisation and the accounts whose data is disclosed now.
    """
    ctx = call.context
    call.token = await disclosure.load_token(call.tx, call.secret, ctx.now)
    ctx.client_id, ctx.arrangement_id = call.token.client_id, call.token.arrangement_id
    call.use = TokenUse(
        token=call.token,
        certificate_thumbprint=ctx.certificate.thumbprint if ctx.certificate else b"",
        scope=call.endpoint.scope or "",
        now=ctx.now,
    )


async def prepare_the_customer_data(call: DataCall) -> None:
    """The tenant's key for resource ids is loaded, so that the data has ids for this recipient (CDS, ID Permanence)."""
    ctx = call.context
    siv = await ctx.services.keyring.resource_id_cipher(ctx.tenant)
    call.customer_data = CustomerData(call.tx, call.token, StoreSource(call.tx), siv)


def interaction_id_is_a_uuid(call: DataCall) -> None:
    """x-fapi-interaction-id, if present, is a UUID (CDS, HTTP Headers; FAPI 1.0 Baseline 6.2.1-11)."""
    headers.check_interaction_id(call.headers, call.context.interaction_id)


def json_is_acceptable(call: DataCall) -> None:
    """Accept, if present, allows application/json in UTF-8 (CDS, Response Codes, 406)."""
    headers.check_accept(call.headers)


def has_an_auth_date(call: DataCall) -> None:
    """x-fapi-auth-date is present and an HTTP date (CDS, HTTP Headers)."""
    headers.check_auth_date(call.headers)


def customer_ip_address_is_valid(call: DataCall) -> None:
    """x-fapi-customer-ip-address, if present, is an IP address (CDS, HTTP Headers)."""
    headers.check_customer_ip_address(call.headers)


def client_headers_are_base64(call: DataCall) -> None:
    """x-cds-client-headers, if present, is Base64 (CDS, HTTP Headers)."""
    headers.check_client_headers(call.headers)


def negotiate_the_version(call: DataCall) -> None:
    """The version of the response is the highest served version between x-min-v and x-v (CDS, Versioning)."""
    call.version = negotiate_version(
        call.headers.get("x-v"), call.headers.get("x-min-v"), call.endpoint.served_versions
    )


def encode_the_response(call: DataCall) -> None:
    """The response is 200 with data, links and meta. A page out of range is refused: Field/InvalidPage (CDS)."""
    call.response = call.build_response()


def customer_data_steps(
    *, subject: Step[DataCall] | None = None, parameters: Step[DataCall] | None = None, fetch: Step[DataCall]
) -> tuple[Step[DataCall], ...]:
    """Return the steps of an operation that discloses a customer's data."""
    return (
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
                    access_token_rules.recipient_is_active,
                    access_token_rules.was_issued_for_a_consumer,
                    access_token_rules.consent_is_in_force,
                    access_token_rules.consent_was_not_amended,
                ),
            ),
            prepare_the_customer_data,
            *_optional(subject),
            interaction_id_is_a_uuid,
            json_is_acceptable,
            has_an_auth_date,
            customer_ip_address_is_valid,
            client_headers_are_base64,
            negotiate_the_version,
            *_optional(parameters),
            fetch,
        ),
        encode_the_response,
    )


def public_steps(*, fetch: Step[DataCall]) -> tuple[Step[DataCall], ...]:
    """Return the steps of an operation that needs no authentication."""
    return (json_is_acceptable, negotiate_the_version, fetch, encode_the_response)


def _optional(step: Step[DataCall] | None) -> tuple[Step[DataCall], ...]:
    return () if step is None else (step,)
