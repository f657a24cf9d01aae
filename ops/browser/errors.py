"""Errors of a run from outside: an answer is not the expected one."""


class Unexpected(Exception):
    """The answer is not the expected one. Both are kept for the report."""

    def __init__(self, expected: str, came: str) -> None:
        self.expected = expected
        self.came = came
        super().__init__(f"expected {expected}, but came {came}")


class LeftSite(Unexpected):
    """There is no page to show: a redirect led to another origin. `url` is its target."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__("a page", f"none: the browser was sent to {url}")
