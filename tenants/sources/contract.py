"""The interface of a source of customer data.

A source uses internal ids only. The encoder of the response replaces them by the ids of the recipient
(`tenants.disclosure.ids_for_recipients`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from tenants.cds.pagination import Page, PageRequest
from tenants.operations.models import Resource
from tenants.sources.item_stream import ItemStream

ReadingTime = Literal["inside", "after"]
"""When a source reads: inside the transaction in which the access token was checked, or after it has ended."""


class ResourceQuery(NamedTuple):
    """Which items of a resource are asked for."""

    resource: Resource
    owners: Sequence[UUID]
    """The internal ids of the accounts or service points, or of the customer, that the items belong to."""
    filters: Mapping[str, object]
    """The value to which each filter of the resource compares, by its parameter. None selects every item."""
    page: PageRequest | None
    """The page that is asked for. None: all items."""


class CustomerDataSource(Protocol):
    """Returns the items of the resources as typed payloads."""

    def reads(self, resource: Resource) -> ReadingTime:
        """Return when `read` must be called for a resource.

        A source outside the tenant's schema reads after the transaction, so that no database connection waits for
        another server.
        """
        ...

    async def read(self, query: ResourceQuery) -> Page[Any] | ItemStream:
        """Return the items that fulfil the query, in the order of the resource, with the total number of them.

        The items have the type `Resource.item`. An owner that the source does not know has no items. A stream is for
        lists that are too long to be in memory as a whole; it can be returned only by a source that reads after the
        transaction, and only for a resource that operations give as a list.
        """
        ...
