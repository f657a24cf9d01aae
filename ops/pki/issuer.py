"""The entry point with which `haas tenant create` issues server certificates of the embedded stack's authorities."""

from collections.abc import Callable

from haas.settings import CommandSettings
from ops.pki.store import Pki


def certificate_issuer(settings: CommandSettings) -> Callable[[str], object] | None:
    """Return a function that issues the server certificate of a host and stores it in the folder that nginx reads.

    Return None in production, and if there are no test authorities beside the folder of certificates.
    """
    authorities = settings.certificates.parent / "pki"
    if settings.environment != "sandbox" or not authorities.exists():
        return None
    pki = Pki(authorities)
    return lambda host: pki.ensure_server(host, settings.certificates)
