"""The entry point by which `haas tenant create` has an embedded stack's test authorities issue server certificates."""

from collections.abc import Callable

from haas.settings import CommandSettings
from ops.pki.store import Pki


def certificate_issuer(settings: CommandSettings) -> Callable[[str], object] | None:
    """Return a function that issues the server certificate of a host into the folder that the proxy reads.

    None in production, and where no test authorities stand beside the folder of certificates.
    """
    authorities = settings.certificates.parent / "pki"
    if settings.environment != "sandbox" or not authorities.exists():
        return None
    pki = Pki(authorities)
    return lambda host: pki.ensure_server(host, settings.certificates)
