"""Why somebody cannot act for a customer."""

from haas.errors import HaasError


class MayNotAct(HaasError):
    """The login is disabled, or may not act for the customer today."""
