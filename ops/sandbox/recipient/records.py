"""The records of a data recipient."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from ops.sandbox.recipient.answers import Flow
from ops.sandbox.recipient.usage_reads import DayReads, PeriodUse


class HostedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """The keys and the arrangement revocation endpoint that the sandbox provides for a software product.

    The JWKS that it publishes has the product's own public keys (`jwks`) and the key with which the sandbox signs
    registration requests. With `jwks_document`, this text is published instead, whatever it is. The next `failures`
    calls of the arrangement revocation endpoint are answered with `failure_status`. With `strict`, the endpoint refuses
    arrangements that are not in the sandbox's records; only the recipient's own product has its arrangements there.
    """

    software_product_id: str
    signing_key: dict[str, Any]
    jwks: list[dict[str, Any]] = []
    jwks_document: str | None = None
    redirect_uris: list[str] = []
    strict: bool = False
    failures: int = 0
    failure_status: int = 503


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A software product's client at a data holder brand. `scope` is empty in records of earlier versions."""

    software_product_id: str
    data_holder_brand_id: str
    issuer: str
    resource_base_uri: str
    client_id: str
    scope: str = ""


class ClientCertificate(msgspec.Struct, frozen=True):
    """A client certificate's chain and private key, both PEM."""

    chain: str
    key: str


class PendingFlow(msgspec.Struct, frozen=True, kw_only=True):
    """An authorisation request without a response yet. `browser` is a digest of its browser's cookie."""

    flow: Flow
    data_holder_brand_id: str
    brand_name: str
    scope: str
    sharing_duration: int
    browser: str


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a resource API. `title` is the name of the operation.

    `status` is 0 when no response was usable, and `problem` says why. The body of a list has the items of all `pages`.
    It is not `complete` if there are more pages than the recipient reads. `retry_after` is in seconds.
    """

    title: str
    path: str
    status: int
    body: Any = None
    problem: str = ""
    pages: int = 1
    complete: bool = True
    retry_after: int | None = None


class UsageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The usage that was read for an arrangement: the use of each period since the day `oldest`, and some days.

    The keys of `days` are dates. `other_units` are the units of reads that are not energy, `unusable` is the number of
    reads that do not follow the standards.
    """

    read_at: datetime
    oldest: date
    newest: date
    periods: list[PeriodUse]
    other_units: list[str] = []
    unusable: int = 0
    complete: bool = True
    days: dict[str, list[DayReads]] = {}


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """A sharing arrangement of the recipient, with its tokens and the data that was fetched last."""

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
    usage: UsageRecord | None = None
    ended_at: datetime | None = None
    ended_by: Literal["recipient", "holder"] | None = None


def ended(arrangement: Arrangement, by: Literal["recipient", "holder"], at: datetime) -> Arrangement:
    """Return the record of an ended arrangement: its tokens and the data that was read under it are deleted."""
    if arrangement.ended_at is not None:
        return arrangement
    return msgspec.structs.replace(
        arrangement, ended_at=at, ended_by=by, fetched=[], usage=None, access_token="", refresh_token=None
    )


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A data holder's notice that an arrangement was revoked."""

    software_product_id: str
    data_holder_brand_id: str
    cdr_arrangement_id: str
    received_at: datetime
