"""Extensions of the command line, found by the entry points of this distribution.

The code that runs a deployment does not import the code that tests it. The embedded stack, the smoke test and the
benchmark add their commands through entry points in `pyproject.toml`, and so do the test authorities their issuer.
"""

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoints, PackageNotFoundError, distribution
from typing import Final

from haas.settings import CommandSettings

DISTRIBUTION: Final = "holder-as-a-service"
COMMANDS: Final = "haas.commands"
"""The group of the entry points of click commands. The name of an entry point is the name of the command."""
CERTIFICATE_ISSUERS: Final = "haas.certificate_issuers"
"""The group of the entry points of functions that return a CertificateIssuer for the settings, or None."""
CertificateIssuer = Callable[[str], object]
"""Issues the server certificate of a host name, so that the proxy serves the host at once."""


@cache
def plugins(group: str) -> EntryPoints:
    """Return the entry points of a group, or none if the distribution is not installed."""
    try:
        return distribution(DISTRIBUTION).entry_points.select(group=group)
    except PackageNotFoundError:
        return EntryPoints()


def certificate_issuer(settings: CommandSettings) -> CertificateIssuer | None:
    """Return the certificate issuer of a sandbox, or None. In production, operators provide the certificates."""
    if settings.environment != "sandbox":
        return None
    issuers = (plugin.load()(settings) for plugin in plugins(CERTIFICATE_ISSUERS))
    return next((issuer for issuer in issuers if issuer is not None), None)
