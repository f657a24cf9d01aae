"""Errors of a client that tests the product: a response is not the expected one."""


class Unexpected(Exception):
    """The response is not the expected one. The error contains a description of both."""

    def __init__(self, expected: str, received: str) -> None:
        self.expected = expected
        self.received = received
        super().__init__(f"expected {expected}, but received {received}")


class LeftSite(Unexpected):
    """There is no page to show: a redirect led to another origin. `url` is its target."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__("a page", f"a redirect to {url}")
