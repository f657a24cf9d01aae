"""Extensions of the command line, found by the entry points of this distribution.

What runs a deployment imports nothing of what proves it. The embedded stack, the smoke test and the benchmark add their
commands, and the test authorities their certificates, through the entry points that `pyproject.toml` declares.
"""

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoints, PackageNotFoundError, distribution
from typing import Final

from haas.settings import CommandSettings

DISTRIBUTION: Final = "holder-as-a-service"
COMMANDS: Final = "haas.commands"
"""Entry points that name a click command; the entry point's name is the command's."""
CERTIFICATE_ISSUERS: Final = "haas.certificate_issuers"
"""Entry points that name a function from the settings to a CertificateIssuer, or to None where it does not apply."""
CertificateIssuer = Callable[[str], object]
"""Issues the server certificate of a host name, so that the proxy serves the host at once."""


@cache
def plugins(group: str) -> EntryPoints:
    """Return the entry points of a group; none where the distribution is not installed."""
    try:
        return distribution(DISTRIBUTION).entry_points.select(group=group)
    except PackageNotFoundError:
        return EntryPoints()


def certificate_issuer(settings: CommandSettings) -> CertificateIssuer | None:
    """Return what issues server certificates in a sandbox; None in production, where an operator brings them."""
    if settings.environment != "sandbox":
        return None
    issuers = (plugin.load()(settings) for plugin in plugins(CERTIFICATE_ISSUERS))
    return next((issuer for issuer in issuers if issuer is not None), None)
