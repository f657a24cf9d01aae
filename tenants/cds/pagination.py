"""Pagination ("Pagination"): the requested page, and the links and the meta object of a response."""

from typing import Generic, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

from tenants.cds.envelope import LinksPaginated, MetaPaginated
from tenants.cds.errors import FIELD_INVALID, FIELD_INVALID_PAGE, FIELD_INVALID_PAGE_SIZE, CdsError
from tenants.cds.integers import positive_integer

DEFAULT_PAGE_SIZE = 25
MAXIMUM_PAGE_SIZE = 1000
Item = TypeVar("Item")


class PageRequest(NamedTuple):
    """The requested page. `number` counts from 1; its maximum is `tenants.cds.integers.LARGEST`."""

    number: int = 1
    size: int = DEFAULT_PAGE_SIZE

    @property
    def offset(self) -> int:
        """The number of records before this page."""
        return (self.number - 1) * self.size

    @classmethod
    def parse(cls, page: str | None, page_size: str | None) -> "PageRequest":
        """Read the query parameters `page` and `page-size`; an absent parameter has its default value.

        Raises CdsError: Field/Invalid if a value is not a positive integer, Field/InvalidPageSize above 1000.
        """
        number = 1 if page is None else _positive("page", page)
        size = DEFAULT_PAGE_SIZE if page_size is None else _positive("page-size", page_size)
        if size > MAXIMUM_PAGE_SIZE:
            raise CdsError(FIELD_INVALID_PAGE_SIZE, f"page-size is greater than {MAXIMUM_PAGE_SIZE}")
        return cls(number, size)


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """One page of records, and the total number of records in all pages."""

    items: list[Item]
    total_records: int


def links_and_meta(
    request: PageRequest, total_records: int, *, self_uri: str, resource_uri: str, filters: dict[str, str]
) -> tuple[LinksPaginated, MetaPaginated]:
    """Return the links and the meta object of a page of the resource at `resource_uri`, filtered by `filters`.

    `self_uri` is the URI of the request as it was received.

    If there are no records, page 1 is valid and empty. Any other page out of range raises Field/InvalidPage.
    """
    total_pages = -(-total_records // request.size)
    if request.number > max(total_pages, 1):
        raise CdsError(FIELD_INVALID_PAGE, str(total_pages))

    kept = "".join(f"{quote(name)}={quote(value)}&" for name, value in filters.items())

    def uri(number: int) -> str:
        return f"{resource_uri}?{kept}page={number}&page-size={request.size}"

    is_first, is_last = request.number == 1, request.number >= total_pages
    links = LinksPaginated(
        self=self_uri,
        first=None if is_first else uri(1),
        prev=None if is_first else uri(request.number - 1),
        next=None if is_last else uri(request.number + 1),
        last=None if is_last else uri(total_pages),
    )
    return links, MetaPaginated(totalRecords=total_records, totalPages=total_pages)


def _positive(name: str, value: str) -> int:
    number = positive_integer(value)
    if number is None:
        raise CdsError(FIELD_INVALID, f"{name} is not a positive integer")
    return number
