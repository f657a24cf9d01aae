"""A browser is known for the identifiers with which a person has signed in, for half a year."""

from datetime import UTC, datetime, timedelta

from haas.jose import new_key
from tenants.authentication.codes import identifier_hash
from tenants.authentication.known_browsers import MARKS, is_known, with_mark
from tenants.authentication.limits import KNOWN_BROWSER_LIFETIME

NOW = datetime(2026, 11, 27, tzinfo=UTC)
KEY = new_key()
MIA, JO = (identifier_hash(KEY, name) for name in ("mia@people.test", "jo@people.test"))


def test_a_mark_is_for_one_identifier_one_tenant_and_a_limited_time() -> None:
    cookie = with_mark(KEY, MIA, "", NOW)
    assert is_known(KEY, MIA, cookie, NOW)
    assert not is_known(KEY, JO, cookie, NOW)
    assert not is_known(new_key(), MIA, cookie, NOW)
    assert is_known(KEY, MIA, cookie, NOW + KNOWN_BROWSER_LIFETIME - timedelta(seconds=1))
    assert not is_known(KEY, MIA, cookie, NOW + KNOWN_BROWSER_LIFETIME)


def test_a_mark_with_another_time_is_refused() -> None:
    cookie = with_mark(KEY, MIA, "", NOW)
    assert not is_known(KEY, MIA, f"{int(cookie[:11]) + 1:011d}{cookie[11:]}", NOW)


def test_the_oldest_mark_is_dropped_and_a_renewed_one_replaces_the_old() -> None:
    identifiers = [identifier_hash(KEY, f"person-{number}") for number in range(MARKS + 1)]
    cookie = ""
    for each in (*identifiers, identifiers[-1]):
        cookie = with_mark(KEY, each, cookie, NOW)
    assert [is_known(KEY, each, cookie, NOW) for each in identifiers] == [False] + [True] * MARKS
    assert len(cookie.split(".")) == MARKS


def test_a_malformed_cookie_has_no_mark() -> None:
    for cookie in ("", ".", "x" * 43, "0" * 43, "٣" * 43, "1" * 10_000, "²" * 11 + "0" * 32):
        assert not is_known(KEY, MIA, cookie, NOW)
        assert is_known(KEY, MIA, with_mark(KEY, MIA, cookie, NOW), NOW)
