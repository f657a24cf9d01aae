"""What can go wrong with a request to the provisioner."""

from haas.errors import HaasError


class RequestOpen(HaasError):
    """Another request for the same subject is not done yet."""


class LeaseLost(HaasError):
    """The request was done, or another provisioner works on it: this one must stop."""


class NotToBeApproved(HaasError):
    """There is no such request that waits for an approval."""
