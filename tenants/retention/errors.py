"""A legal hold that does not exist, or cannot be set."""

from haas.errors import HaasError


class HoldRefused(HaasError):
    """A legal hold cannot be set or ended as asked. The message says why."""


class RecordsHeld(HaasError):
    """A tenant cannot be removed, because a legal hold keeps records of it."""
