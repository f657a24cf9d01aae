"""The scopes that a registered client can use now."""

import pytest

from tenants.clients.models import Registration
from tests.support.clients import registration, statement

BASIC, DETAIL, BILLING = "energy:accounts.basic:read", "energy:accounts.detail:read", "energy:billing:read"
NOT_SERVED = "bank:accounts.basic:read"


def registered(*scopes: str) -> Registration:
    return registration(statement(), scope=" ".join(scopes))


def test_a_scope_that_is_not_supported_now_stays_registered_but_cannot_be_requested() -> None:
    client = registered("openid", NOT_SERVED, BASIC)
    assert client.scopes == ("openid", NOT_SERVED, BASIC)
    assert client.supported_scopes == ("openid", BASIC)


@pytest.mark.parametrize(
    ("registered_scopes", "granted", "usable"),
    [
        ((BASIC, DETAIL), f"{BASIC} {DETAIL}", f"{BASIC} {DETAIL}"),
        ((BASIC,), f"{BASIC} {DETAIL}", BASIC),
        ((BASIC, BILLING), BASIC, BASIC),
        ((BASIC,), f"{NOT_SERVED} {BASIC}", f"{NOT_SERVED} {BASIC}"),
        ((), BASIC, ""),
    ],
    ids=["all registered", "one was removed", "no scope is added", "not supported now", "all were removed"],
)
def test_a_granted_scope_is_usable_unless_the_client_has_removed_it_from_its_registration(
    registered_scopes: tuple[str, ...], granted: str, usable: str
) -> None:
    assert registered(*registered_scopes).usable_scopes(granted) == usable
