"""The steps of every call of the data APIs, in the order in which they run (CDS, Standards, HTTP Headers, Error Codes).

A caller learns nothing of a later step before the earlier ones have passed. What differs between operations is in
`apps.resources.operations`: the step that finds the subject of the path, the one that reads the parameters, and the one
that fetches the data.
"""

from apps.http.call import in_transaction
from apps.http.request_headers import bearer_token
from apps.resources import headers
from apps.resources.call import DataCall
from haas.steps import Step, on
from tenants.cds.versions import negotiate_version
from tenants.disclosure import service as disclosure
from tenants.disclosure.service import CustomerData
from tenants.grants import access
from tenants.grants.access import TokenUse
from tenants.oauth.errors import TokenMissing
from tenants.sources.store import StoreSource


def has_an_access_token(call: DataCall) -> None:
    """The Authorization header carries a bearer token (RFC 6750 2.1; FAPI 1.0 Baseline 6.2.1-1)."""
    token = bearer_token(call.headers)
    if token is None:
        raise TokenMissing("no bearer token in the Authorization header")
    call.secret = token


async def access_token_is_known(call: DataCall) -> None:
    """The access token was issued here (RFC 6750 3.1).

    Loads it with its client, arrangement, authorisation and the accounts that are disclosed today, in one query.
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


async def open_the_customers_data(call: DataCall) -> None:
    """The data of the customer can be read, with ids made for this recipient (CDS, ID Permanence)."""
    ctx = call.context
    siv = await ctx.services.keyring.resource_ids(ctx.tenant)
    call.customer_data = CustomerData(call.tx, call.token, StoreSource(call.tx), siv)


def interaction_id_is_a_uuid(call: DataCall) -> None:
    """x-fapi-interaction-id, when given, is a UUID (CDS, HTTP Headers; FAPI 1.0 Baseline 6.2.1-11)."""
    headers.check_interaction_id(call.headers, call.context.interaction_id)


def json_is_acceptable(call: DataCall) -> None:
    """Accept, when given, allows application/json in UTF-8 (CDS, Response Codes, 406)."""
    headers.check_accept(call.headers)


def has_an_auth_date(call: DataCall) -> None:
    """x-fapi-auth-date is there, as an HTTP date (CDS, HTTP Headers)."""
    headers.check_auth_date(call.headers)


def customer_ip_address_is_valid(call: DataCall) -> None:
    """x-fapi-customer-ip-address, when given, is an IP address (CDS, HTTP Headers)."""
    headers.check_customer_ip_address(call.headers)


def client_headers_are_base64(call: DataCall) -> None:
    """x-cds-client-headers, when given, is Base64 (CDS, HTTP Headers)."""
    headers.check_client_headers(call.headers)


def negotiate_the_version(call: DataCall) -> None:
    """The highest served version between x-min-v and x-v answers (CDS, Versioning)."""
    call.version = negotiate_version(
        call.headers.get("x-v"), call.headers.get("x-min-v"), call.endpoint.served_versions
    )


def encode_the_answer(call: DataCall) -> None:
    """The answer is 200 with data, links and meta; a page out of range is Field/InvalidPage (CDS, Pagination)."""
    call.response = call.answer()


def customer_data_steps(
    *, subject: Step[DataCall] | None = None, parameters: Step[DataCall] | None = None, fetch: Step[DataCall]
) -> tuple[Step[DataCall], ...]:
    """Return the steps of an operation that gives a customer's data."""
    return (
        has_an_access_token,
        in_transaction(
            access_token_is_known,
            *on(
                "use",
                (
                    access.has_not_expired,
                    access.comes_over_its_certificate,
                    access.is_not_revoked,
                    access.has_the_scope,
                    access.recipient_is_active,
                    access.was_issued_for_a_consumer,
                    access.consent_is_in_force,
                    access.consent_was_not_amended,
                ),
            ),
            open_the_customers_data,
            *_given(subject),
            interaction_id_is_a_uuid,
            json_is_acceptable,
            has_an_auth_date,
            customer_ip_address_is_valid,
            client_headers_are_base64,
            negotiate_the_version,
            *_given(parameters),
            fetch,
        ),
        encode_the_answer,
    )


def public_steps(*, fetch: Step[DataCall]) -> tuple[Step[DataCall], ...]:
    """Return the steps of an operation that anybody may call."""
    return (json_is_acceptable, negotiate_the_version, fetch, encode_the_answer)


def _given(step: Step[DataCall] | None) -> tuple[Step[DataCall], ...]:
    return () if step is None else (step,)
