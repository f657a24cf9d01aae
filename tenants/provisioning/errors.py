"""Errors of requests to the provisioner."""

from haas.errors import HaasError


class OpenRequestExists(HaasError):
    """Another request for the same subject is not finished yet."""


class LeaseLost(HaasError):
    """The request is finished, or another provisioner has leased it. This provisioner must stop working on it."""


class NotAwaitingApproval(HaasError):
    """The request is unknown or is approved already."""
