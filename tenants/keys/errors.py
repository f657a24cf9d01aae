"""What can go wrong with a tenant's keys."""

from datetime import datetime

from haas.errors import HaasError


class KeysUnreadable(HaasError):
    """A tenant's keys do not open: most likely the master key is not the one they were sealed with."""


class KeyMissing(HaasError):
    """A tenant lacks a key that provisioning gives to every tenant."""


class KeyTooYoung(HaasError):
    """The next key has not been published for long enough to be signed with."""

    def __init__(self, slug: str, algorithm: str, ready_at: datetime) -> None:
        """Say when rotation may be tried again."""
        super().__init__(
            f"the next {algorithm} key of {slug} may sign from {ready_at:%Y-%m-%d %H:%M} UTC on: until then recipients"
            " may hold a cached JWKS without it. Rotate then, or at once if the current key may be compromised"
        )
        self.ready_at = ready_at
