"""Errors of the keys of a tenant."""

from datetime import datetime

from haas.errors import HaasError


class KeysUnreadable(HaasError):
    """Sealed keys or secrets cannot be unsealed. Most likely they were sealed with another master key."""


class KeyMissing(HaasError):
    """A key that provisioning creates for every tenant is missing."""


class KeyTooNew(HaasError):
    """The next key may not sign yet, because it has not been published for long enough."""

    def __init__(self, slug: str, algorithm: str, ready_at: datetime) -> None:
        """`ready_at` is the earliest time at which the key may sign."""
        super().__init__(
            f"the next {algorithm} key of {slug} may sign from {ready_at:%Y-%m-%d %H:%M} UTC on: until then recipients"
            " may use a cached JWKS without it. Rotate after that time, or at once if the current key may be"
            " compromised"
        )
        self.ready_at = ready_at
