"""The methods of what anybody may read."""

from typing import Final

from litestar import HttpMethod

READ: Final = [HttpMethod.GET, HttpMethod.HEAD]
"""HEAD says what GET does (RFC 9110 9.3.2); the server leaves the content out."""
