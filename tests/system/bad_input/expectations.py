"""What a person must be able to read on a page that refuses something."""

import re

from ops.browser.page import Page
from tests.support.expectations import INTERNALS


def page_says(page: Page, status: int, said: str) -> None:
    """Expect a page of the brand's that says what happened."""
    assert page.status == status, page.described()
    assert "message" in page.elements, page.described()
    assert re.search(said, page.element("message").text), page.described()
    assert not INTERNALS.search(page.element("message").text)
