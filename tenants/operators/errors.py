"""What can go wrong with operators."""

from haas.errors import HaasError


class OperatorExists(HaasError):
    """The person of that OpenID provider is an operator already."""
