"""The parameters of a page (CDS, Pagination)."""

import re
from typing import Final

from ops.sandbox.cds_errors import invalid_field, invalid_page_size
from ops.sandbox.web import HttpRequest

MAXIMUM_PAGE_SIZE: Final = 1000
_PAGE_NUMBER: Final = re.compile(r"0*[1-9][0-9]{0,8}")


def page_and_size(request: HttpRequest) -> tuple[int, int]:
    """Return the page and the page size of a request; 1 and 25 when they are absent. Raises CdsError."""
    page, size = request.query_params.get("page", "1"), request.query_params.get("page-size", "25")
    if not _PAGE_NUMBER.fullmatch(page):
        raise invalid_field("page")
    if not _PAGE_NUMBER.fullmatch(size) or int(size) > MAXIMUM_PAGE_SIZE:
        raise invalid_page_size(f"page-size is 1 to {MAXIMUM_PAGE_SIZE}")
    return int(page), int(size)
