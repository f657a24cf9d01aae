"""Which operation a request calls, by its host's surface, method and path.

The routers of the applications decide that for requests that they get. This is for requests that are refused before: by
the proxy, or because of their client certificate. Get Metrics counts them, if they call something that the standards
define.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from tenants.oauth import endpoints
from tenants.operations.endpoints import ADMIN_ENDPOINTS, ENDPOINTS
from tenants.registry.surfaces import Surface


class CalledOperation(NamedTuple):
    """An operation of the standards."""

    operation: str
    """The name in call records."""
    methods: tuple[str, ...]
    path: str
    """The path, with its parameters in braces."""
    surface: Surface

    @property
    def authenticated(self) -> bool:
        """Whether the endpoint requires authentication."""
        return self.surface == "secure" and self.operation != "postClientRegistration"

    def has_path(self, path: str) -> bool:
        """Return whether a path is the one of this operation, with any values of its parameters."""
        given, own = path.split("/"), self.path.split("/")
        return len(given) == len(own) and all(
            bool(value) if name.startswith("{") else value == name for value, name in zip(given, own, strict=True)
        )

    @property
    def request_line(self) -> str:
        """A regular expression that the beginning of the request line matches (RFC 9112 3)."""
        path = "/".join("[^/? ]+" if name.startswith("{") else re.escape(name) for name in self.path.split("/"))
        return f"^({'|'.join(self.methods)}) (https?://[^/ ]*)?{path}[? ]"


_CLIENT: Final = f"{endpoints.REGISTER}/{{clientId}}"
_IDENTITY: Final = (
    CalledOperation("openidConfiguration", ("GET",), endpoints.DISCOVERY, "public"),
    CalledOperation("jwks", ("GET",), endpoints.JWKS, "public"),
    CalledOperation("authorise", ("GET", "POST"), endpoints.AUTHORISE, "public"),
    CalledOperation("pushedAuthorisationRequest", ("POST",), endpoints.PAR, "secure"),
    CalledOperation("token", ("POST",), endpoints.TOKEN, "secure"),
    CalledOperation("introspection", ("POST",), endpoints.INTROSPECT, "secure"),
    CalledOperation("revocation", ("POST",), endpoints.REVOKE, "secure"),
    CalledOperation("userinfo", ("GET", "POST"), endpoints.USERINFO, "secure"),
    CalledOperation("revokeArrangement", ("POST",), endpoints.ARRANGEMENT_REVOCATION, "secure"),
    CalledOperation("postClientRegistration", ("POST",), endpoints.REGISTER, "secure"),
    CalledOperation("getClientRegistration", ("GET",), _CLIENT, "secure"),
    CalledOperation("putClientRegistration", ("PUT",), _CLIENT, "secure"),
    CalledOperation("deleteClientRegistration", ("DELETE",), _CLIENT, "secure"),
)


def called_operations() -> Iterator[CalledOperation]:
    """Yield every operation. A path without parameters comes before those with parameters that it matches too."""
    data = (
        CalledOperation(each.operation, (each.method,), each.uri_path, each.transport)
        for each in (*ENDPOINTS, *ADMIN_ENDPOINTS)
    )
    yield from sorted((*_IDENTITY, *data), key=lambda each: each.path.count("{"))


def called_operation(surface: Surface, method: str, path: str) -> CalledOperation | None:
    """Return the operation that a request calls, or None if the standards define none at this address."""
    for operation in by_name().values():
        if operation.surface == surface and method in operation.methods and operation.has_path(path):
            return operation
    return None


@cache
def by_name() -> dict[str, CalledOperation]:
    """Return every operation by its name."""
    return {each.operation: each for each in called_operations()}
