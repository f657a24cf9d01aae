"""What a data recipient keeps."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from ops.sandbox.recipient.answers import Flow


class HostedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """What the sandbox does on behalf of a software product.

    It publishes `jwks` (the product's own public keys) beside the key that it signs registration requests with, and
    answers at the product's arrangement revocation endpoint: the next `failures` calls with `failure_status`. `strict`
    refuses arrangements that the sandbox does not know of, as a recipient must that keeps its arrangements here.
    """

    software_product_id: str
    signing_key: dict[str, Any]
    jwks: list[dict[str, Any]] = []
    redirect_uris: list[str] = []
    strict: bool = False
    failures: int = 0
    failure_status: int = 503


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A software product's client at a data holder brand."""

    software_product_id: str
    data_holder_brand_id: str
    issuer: str
    resource_base_uri: str
    client_id: str


class ClientCertificate(msgspec.Struct, frozen=True):
    """A client certificate's chain and private key, both PEM."""

    chain: str
    key: str


class PendingFlow(msgspec.Struct, frozen=True, kw_only=True):
    """A person on the way to a data holder; `browser` ties the answer to the browser that was sent."""

    flow: Flow
    data_holder_brand_id: str
    brand_name: str
    scope: str
    sharing_duration: int
    browser: str


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a resource API."""

    title: str
    path: str
    status: int
    body: Any = None


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """A sharing arrangement that the recipient holds, with its tokens and what was fetched last."""

    cdr_arrangement_id: str
    data_holder_brand_id: str
    brand_name: str
    scope: str
    subject: str
    acr: str
    established_at: datetime
    access_token: str
    access_token_ends_at: datetime
    refresh_token: str | None = None
    sharing_ends_at: datetime | None = None
    fetched_at: datetime | None = None
    fetched: list[Fetched] = []
    ended_at: datetime | None = None
    ended_by: Literal["recipient", "holder"] | None = None


def ended(arrangement: Arrangement, by: Literal["recipient", "holder"], at: datetime) -> Arrangement:
    """Return `arrangement` as it is kept once it has ended: without its tokens and without the data read under it."""
    if arrangement.ended_at is not None:
        return arrangement
    return msgspec.structs.replace(
        arrangement, ended_at=at, ended_by=by, fetched=[], access_token="", refresh_token=None
    )


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A data holder's notice that an arrangement was withdrawn."""

    software_product_id: str
    data_holder_brand_id: str
    cdr_arrangement_id: str
    received_at: datetime
