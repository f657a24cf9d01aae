"""How an endpoint's ordered checks are run: one list, each check a small function that names its clause."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Subject = TypeVar("Subject")
Check = Callable[[Subject], None]


def run(checks: Iterable[Check[Subject]], subject: Subject) -> None:
    """Run the checks in their order; the first that does not hold raises its OAuthError."""
    for check in checks:
        check(subject)


def audience(value: object) -> tuple[str, ...]:
    """Return the values of an `aud` claim, which may be a string or an array of strings (RFC 7519 4.1.3)."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()
