"""Errors of authorisation attempts that are not OAuth errors."""

from haas.errors import HaasError


class AttemptAtWrongStage(HaasError):
    """The stage of the attempt does not permit this operation."""
