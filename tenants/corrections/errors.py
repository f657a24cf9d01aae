"""Errors of findings and of the consumers' answers."""

from haas.errors import HaasError


class NotFound(HaasError):
    """There is no such finding or affected disclosure."""


class WrongState(HaasError):
    """The finding was decided before, or the consumer was not told yet or has answered."""
