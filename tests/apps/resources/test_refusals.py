"""What a recipient is told about data that the retailer refuses to disclose: one answer for each reason (K-36)."""

from datetime import timedelta
from typing import Any, cast, get_args
from uuid import uuid4

import pytest
from sqlalchemy import select

from tenants.accounts import store
from tenants.accounts.models import DisclosureRefusal, RefusalReason
from tenants.calls.tables import refused_day
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_balances import naming, post
from tests.apps.resources.test_service_points import POINTS, new_nmi, points
from tests.support.clients import load_client
from tests.support.expectations import cds_error
from tests.support.service_points import ServicePoints

__all__ = ["points"]
ACCOUNTS = "/energy/accounts"
UNAVAILABLE = "cds-energy:Authorisation/UnavailableEnergyAccount"
EXPECTED = "GeneralError/Expected"
TOLD: dict[RefusalReason, tuple[str, int, int]] = {
    "harm": (EXPECTED, 403, 403),
    "security": (EXPECTED, 429, 429),
    "account-blocked": (UNAVAILABLE, 404, 422),
    "account-suspended": (UNAVAILABLE, 404, 422),
    "data-standards": (EXPECTED, 429, 429),
}
"""The code of each reason, and the status for an id of the path and for an id of the body."""


async def refuse(brand: Brand, reason: RefusalReason, **subject: Any) -> None:
    since = brand.application.now - timedelta(hours=1)
    refused = DisclosureRefusal(id=uuid4(), **subject, reason=reason, rule="4.7(1)", refused_by="staff", since=since)
    await brand.run(store.insert_decision, refused)


def test_every_reason_is_tested() -> None:
    assert set(TOLD) == set(get_args(RefusalReason))


@pytest.mark.parametrize("reason", TOLD)
async def test_a_refused_account_has_the_answer_of_its_reason(
    brand: Brand, sharing: Sharing, reason: RefusalReason
) -> None:
    first, _ = sharing.consumer.account_ids
    before = await sharing.account_ids()
    await refuse(brand, reason, account_id=first)
    [kept] = await sharing.account_ids()
    [refused] = set(before) - {kept}
    code, in_path, in_body = TOLD[reason]
    response = await sharing.get(f"{ACCOUNTS}/{refused}")
    cds_error(response, code, f"^{refused}$", in_path)
    assert ("retry-after" in response.headers) == (in_path == 429)
    cds_error(await post(sharing, naming(kept, refused)), code, f"^{refused}$", in_body)


async def test_the_reason_with_the_strictest_answer_decides_and_is_counted(brand: Brand, sharing: Sharing) -> None:
    """K-36: also if a reason that is about accounts, and refuses no whole request, applies to everything."""
    assert [TOLD[reason][1] for reason in get_args(RefusalReason)] == [403, 429, 429, 404, 404]
    other, of_all = await brand.share(), ("account-blocked", "data-standards")
    for reason in of_all:
        await refuse(brand, cast("RefusalReason", reason), customer_id=other.consumer.customer_id)
        assert (await other.get("/common/customer")).status_code == (200 if reason == of_all[0] else 429)
    assert (await other.get(ACCOUNTS)).status_code == 429
    assert await counted(brand, other) == {"data-standards": ("4.7(1)(d)", 2)}
    first, _ = sharing.consumer.account_ids
    before = await sharing.account_ids()
    for reason in reversed(get_args(RefusalReason)):
        await refuse(brand, reason, customer_id=sharing.consumer.customer_id, account_id=first)
    [refused] = set(before) - set(await sharing.account_ids())
    cds_error(await sharing.get(f"{ACCOUNTS}/{refused}"), EXPECTED, f"^{refused}$", 403)
    assert await counted(brand, sharing) == {"harm": ("4.7(1)(a)", 2)}  # the list, and the account


@pytest.mark.parametrize("reason", TOLD)
@pytest.mark.parametrize("subject", ["customer", "recipient"])
async def test_a_refusal_of_everything_applies_to_every_operation(
    brand: Brand, sharing: Sharing, reason: RefusalReason, subject: str
) -> None:
    other = await brand.share()
    registered = await load_client(brand.application.database, brand.tenant, sharing.client.client_id)
    whole = {
        "customer": {"customer_id": sharing.consumer.customer_id},
        "recipient": {"customer_id": sharing.consumer.customer_id, "recipient_id": registered.recipient_id},
    }[subject]
    await refuse(brand, reason, **whole)
    code, status, _ = TOLD[reason]
    for path in ("/common/customer", ACCOUNTS, POINTS, "/energy/accounts/balances"):
        response = await sharing.get(path)
        if code == EXPECTED:
            cds_error(response, EXPECTED, "does not disclose", status)
        else:
            assert response.status_code == 200
        assert (await other.get(path)).status_code == 200
    if code != EXPECTED:
        assert await sharing.account_ids() == [], "the reason is about accounts"


async def test_errors_with_different_statuses_have_the_status_that_fits_all(brand: Brand, sharing: Sharing) -> None:
    """C-E4: 400 for a mix."""
    first, _ = sharing.consumer.account_ids
    before = await sharing.account_ids()
    await refuse(brand, "harm", account_id=first)
    [refused] = set(before) - set(await sharing.account_ids())
    response = await post(sharing, naming("made-up", refused))
    assert response.status_code == 400
    assert [error["detail"] for error in response.json()["errors"]] == ["made-up", refused]
    codes = [error["code"].rpartition(":")[2] for error in response.json()["errors"]]
    assert codes == ["Authorisation/InvalidEnergyAccount", EXPECTED]


@pytest.mark.parametrize(
    ("reasons", "code", "status"),
    [
        (("harm", "account-blocked"), EXPECTED, 403),
        (("account-blocked", "security"), EXPECTED, 429),
        (("account-blocked", "account-suspended"), "cds-energy:Authorisation/UnavailableServicePoint", 404),
    ],
)
async def test_a_service_point_of_several_refused_accounts_has_the_strictest_answer(
    brand: Brand, sharing: Sharing, points: ServicePoints, reasons: Any, code: str, status: int
) -> None:
    await points.add(new_nmi(), *sharing.consumer.account_ids)
    [identifier] = await sharing.point_ids()
    for account_id, reason in zip(sharing.consumer.account_ids, reasons, strict=True):
        await refuse(brand, reason, account_id=account_id)
    cds_error(await sharing.get(f"{POINTS}/{identifier}"), code, f"^{identifier}$", status)


async def counted(brand: Brand, sharing: Sharing) -> dict[str, tuple[str, int]]:
    """Return the rule and the number of refused requests of the arrangement, by reason."""
    await brand.calls()
    of_arrangement = refused_day.c.arrangement_id == sharing.arrangement_id
    found = await brand.execute(
        select(refused_day.c.reason, refused_day.c.rule, refused_day.c.calls).where(of_arrangement)
    )
    return {row.reason: (row.rule, row.calls) for row in found}


async def test_refusals_are_counted_by_reason_and_not_by_status(
    brand: Brand, sharing: Sharing, points: ServicePoints
) -> None:
    """K-36: a list that leaves an account out is a refusal too. An answer about no refused account is none."""
    first, second = sharing.consumer.account_ids
    await points.add(new_nmi(), first)
    [point] = await sharing.point_ids()
    before = await sharing.account_ids()
    await refuse(brand, "account-blocked", account_id=first)
    assert await counted(brand, sharing) == {}
    [kept] = await sharing.account_ids()
    assert await counted(brand, sharing) == {"account-blocked": ("4.7(1)(c)", 1)}
    [refused] = set(before) - {kept}
    assert (await sharing.get(f"{ACCOUNTS}/{refused}")).status_code == 404
    assert (await post(sharing, naming(kept, refused))).status_code == 422
    assert (await sharing.get(f"{POINTS}/{point}")).status_code == 404
    await refuse(brand, "security", account_id=second)
    assert (await post(sharing, naming(kept, "made-up"))).status_code == 400
    assert await counted(brand, sharing) == {"account-blocked": ("4.7(1)(c)", 4), "security": ("4.7(1)(b)", 1)}
    for path in ("/common/customer", f"{ACCOUNTS}/made-up"):
        await sharing.get(path)
    await refuse(brand, "harm", customer_id=sharing.consumer.customer_id)
    assert (await sharing.get("/common/customer")).status_code == 403
    assert await counted(brand, sharing) == {
        "account-blocked": ("4.7(1)(c)", 4),
        "security": ("4.7(1)(b)", 1),
        "harm": ("4.7(1)(a)", 1),
    }
