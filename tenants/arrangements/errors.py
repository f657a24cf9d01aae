"""Why an arrangement cannot be read or changed."""

from haas.errors import HaasError


class ArrangementNotFound(HaasError):
    """There is no such arrangement, or it belongs to another party. A caller cannot distinguish the two cases."""


class ArrangementEnded(HaasError):
    """The arrangement has already been revoked or has expired."""


class AuthorisationSuperseded(HaasError):
    """A later version of the arrangement is already in force."""
