"""The HTTP methods of routes that only read."""

from typing import Final

from litestar import HttpMethod

READ_METHODS: Final = [HttpMethod.GET, HttpMethod.HEAD]
"""HEAD is GET without the content of the response (RFC 9110 9.3.2). The server omits the content."""
