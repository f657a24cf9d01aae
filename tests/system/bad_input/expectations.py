"""Assertions about error pages."""

import re

from ops.browser.page import Page
from tests.support.expectations import INTERNALS


def page_says(page: Page, status: int, said: str) -> None:
    """Expect an error page of the brand whose message matches `said`."""
    assert page.status == status, page.described()
    assert "message" in page.elements, page.described()
    assert re.search(said, page.element("message").text), page.described()
    assert not INTERNALS.search(page.element("message").text)
