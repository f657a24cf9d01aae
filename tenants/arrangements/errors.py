"""Why an arrangement could not be had or changed."""

from haas.errors import HaasError


class ArrangementNotFound(HaasError):
    """There is no such arrangement, or it belongs to somebody else: the two look the same from outside."""


class ArrangementEnded(HaasError):
    """The arrangement has already been revoked or has expired."""


class AuthorisationSuperseded(HaasError):
    """The person has agreed to something else since: a later version of the arrangement is in force."""
