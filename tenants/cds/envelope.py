"""The objects around the data of a response ("Payload Conventions", "Pagination")."""

from typing import Generic, TypeVar

import msgspec

from tenants.cds.field_types import NaturalNumber, URIString

Data = TypeVar("Data")


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Links of a response that is not paginated."""

    self: URIString


class LinksPaginated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Links of one page. The first page has no `first` and `prev`; the last page has no `next` and `last`."""

    self: URIString
    first: URIString | None = None
    prev: URIString | None = None
    next: URIString | None = None
    last: URIString | None = None


class Meta(msgspec.Struct, frozen=True):
    """Meta of a response that is not paginated: an object without members."""


class MetaPaginated(msgspec.Struct, frozen=True, kw_only=True):
    """The number of records and of pages in total."""

    totalRecords: NaturalNumber  # noqa: N815 - the standards' name
    totalPages: NaturalNumber  # noqa: N815


class Envelope(msgspec.Struct, Generic[Data], frozen=True, kw_only=True):
    """A successful response that is not paginated."""

    data: Data
    links: Links
    meta: Meta = Meta()


class PaginatedEnvelope(msgspec.Struct, Generic[Data], frozen=True, kw_only=True):
    """A successful response of one page."""

    data: Data
    links: LinksPaginated
    meta: MetaPaginated
