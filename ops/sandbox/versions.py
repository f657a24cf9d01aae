"""Version negotiation (CDS, HTTP Headers: x-v and x-min-v)."""

import re
from collections.abc import Mapping, Sequence

from ops.sandbox.cds_errors import invalid_version, missing_header, unsupported_version

_POSITIVE_INTEGER = re.compile(r"[1-9][0-9]{0,8}\Z")


def negotiated(headers: Mapping[str, str], supported: Sequence[int]) -> int:
    """Return the highest supported version between `x-min-v` and `x-v`.

    Raises CdsError. An `x-min-v` that is equal to or higher than `x-v` is treated as absent.
    """
    if "x-v" not in headers:
        raise missing_header("x-v")
    highest = _version("x-v", headers["x-v"])
    lowest = _version("x-min-v", headers["x-min-v"]) if "x-min-v" in headers else highest
    lowest = min(highest, lowest)
    candidates = [version for version in supported if lowest <= version <= highest]
    if not candidates:
        known = ", ".join(map(str, supported))
        raise unsupported_version(f"versions {lowest} to {highest} requested, {known} supported")
    return max(candidates)


def _version(name: str, text: str) -> int:
    if not _POSITIVE_INTEGER.match(text):
        raise invalid_version(f"{name} is not a positive integer")
    return int(text)
