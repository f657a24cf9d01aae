"""The version of an endpoint that answers a request ("HTTP Headers", "Versioning")."""

from collections.abc import Iterable

from tenants.cds.errors import HEADER_INVALID_VERSION, HEADER_MISSING, HEADER_UNSUPPORTED_VERSION, CdsError
from tenants.cds.integers import positive_integer


def negotiate_version(x_v: str | None, x_min_v: str | None, supported: Iterable[int]) -> int:
    """Return the highest supported version between `x-min-v` and `x-v`.

    `x-min-v` is ignored if it is equal to or higher than `x-v`. Without `x-min-v`, only the version `x-v` is possible.
    Raises CdsError: Header/Missing without `x-v`, Header/InvalidVersion if a value is not a positive integer,
    Header/UnsupportedVersion if no supported version is in the range.
    """
    if x_v is None:
        raise CdsError(HEADER_MISSING, "x-v")
    highest = _positive("x-v", x_v)
    lowest = highest if x_min_v is None else min(_positive("x-min-v", x_min_v), highest)
    acceptable = [version for version in supported if lowest <= version <= highest]
    if not acceptable:
        raise CdsError(HEADER_UNSUPPORTED_VERSION, f"supported: {', '.join(map(str, sorted(supported)))}")
    return max(acceptable)


def _positive(name: str, value: str) -> int:
    version = positive_integer(value)
    if version is None:
        raise CdsError(HEADER_INVALID_VERSION, f"{name} is not a positive integer")
    return version
