"""The surfaces: the audiences that a deployment serves, each at a host of its own.

A tenant has four surfaces. The console belongs to the provider and to no tenant. The first label of a host name shows
the proxy the surface without a list of hosts (decision 0001).
"""

from collections.abc import Mapping
from typing import Final, Literal

TenantSurface = Literal["public", "secure", "admin", "management"]
Surface = Literal["public", "secure", "admin", "management", "console"]
"""Every surface. What they serve:

- public: discovery, JWKS, the consent flow, the dashboard, Get Status, Get Outages
- secure: the endpoints of the authorization server and the data APIs, with mutual TLS
- admin: the pages for the retailer's staff
- management: the APIs for the retailer's own systems
- console: the pages for the provider's staff
"""

FIRST_LABELS: Final[Mapping[Surface, str]] = {
    "secure": "mtls",
    "admin": "admin",
    "management": "api",
    "console": "console",
}
"""The first label of each surface's hosts. A public host has none of these."""


def console_host(domain: str) -> str:
    """Return the host of the provider's console. No tenant can have it, because its first label is reserved."""
    return f"{FIRST_LABELS['console']}.{domain}"
