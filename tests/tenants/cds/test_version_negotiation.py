"""Version negotiation (CDS, HTTP Headers)."""

import pytest

from tenants.cds.errors import HEADER_INVALID_VERSION, HEADER_MISSING, HEADER_UNSUPPORTED_VERSION, CdsError, ErrorType
from tenants.cds.version_negotiation import negotiate_version


@pytest.mark.parametrize(
    ("x_v", "x_min_v", "expected"),
    [
        ("2", None, 2),
        ("4", "1", 4),
        ("9", "1", 4),
        ("3", "1", 2),
        ("2", "2", 2),
        ("2", "5", 2),  # x-min-v higher than x-v counts as absent
        ("4", "4", 4),
        ("04", None, 4),
        ("0" * 5000 + "4", None, 4),
        ("9" * 5000, "1", 4),
        ("2", "9" * 5000, 2),
    ],
)
def test_the_highest_supported_version_in_range_is_chosen(x_v: str, x_min_v: str | None, expected: int) -> None:
    assert negotiate_version(x_v, x_min_v, (2, 4)) == expected


@pytest.mark.parametrize(
    ("x_v", "x_min_v", "kind"),
    [
        (None, None, HEADER_MISSING),
        (None, "1", HEADER_MISSING),
        ("foo", None, HEADER_INVALID_VERSION),
        ("", None, HEADER_INVALID_VERSION),
        ("0", None, HEADER_INVALID_VERSION),
        ("-1", None, HEADER_INVALID_VERSION),
        ("1.0", None, HEADER_INVALID_VERSION),
        ("²", None, HEADER_INVALID_VERSION),
        ("2", "foo", HEADER_INVALID_VERSION),
        ("2", "0", HEADER_INVALID_VERSION),
        ("1", None, HEADER_UNSUPPORTED_VERSION),
        ("3", None, HEADER_UNSUPPORTED_VERSION),
        ("9", None, HEADER_UNSUPPORTED_VERSION),
        ("9", "5", HEADER_UNSUPPORTED_VERSION),
        ("1" + "0" * 9, None, HEADER_UNSUPPORTED_VERSION),
        ("9" * 5000, None, HEADER_UNSUPPORTED_VERSION),
        ("9" * 5000, "8" * 4999, HEADER_UNSUPPORTED_VERSION),
    ],
)
def test_a_malformed_or_unsupported_version_is_refused(x_v: str | None, x_min_v: str | None, kind: ErrorType) -> None:
    with pytest.raises(CdsError) as caught:
        negotiate_version(x_v, x_min_v, (2, 4))
    assert caught.value.kind == kind
