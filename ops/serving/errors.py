"""The error of a process that cannot serve."""

from haas.errors import HaasError


class ServingError(HaasError):
    """The application cannot listen. The message says why and what to do."""
