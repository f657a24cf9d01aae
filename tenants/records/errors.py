"""A record that does not exist, or cannot be made or changed as asked."""

from haas.errors import HaasError


class RecordRefused(HaasError):
    """A record cannot be made or changed as asked. The message says why."""


class UnknownRecord(HaasError):
    """There is no such record, or it is complete already."""


class UnknownCustomer(HaasError):
    """The retailer's reference names no customer."""
