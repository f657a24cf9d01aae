"""Errors of operators."""

from haas.errors import HaasError


class OperatorExists(HaasError):
    """There is already an operator with the `iss` and `sub`."""
