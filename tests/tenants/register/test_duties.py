"""The duties of a data holder by the statuses in the Register (CDS, Data Holder Responsibilities)."""

import itertools
from typing import get_args

import pytest

from tenants.register.duties import Duties, ProductStatus, RecipientStatus, duties

INVALIDATE = Duties(invalidate=True, clean_up=True)
WITHDRAW = Duties(withdraw=True)


@pytest.mark.parametrize(
    ("recipient", "product", "expected"),
    [
        ("ACTIVE", "ACTIVE", Duties(disclose=True, authorise=True, withdraw=True)),
        ("ACTIVE", "INACTIVE", WITHDRAW),
        ("ACTIVE", "REMOVED", INVALIDATE),
        ("SUSPENDED", "INACTIVE", WITHDRAW),
        ("SUSPENDED", "REMOVED", INVALIDATE),
        ("REVOKED", "REMOVED", INVALIDATE),
        ("SURRENDERED", "REMOVED", INVALIDATE),
        # Before a change of the recipient has reached its products in the Register:
        ("SUSPENDED", "ACTIVE", WITHDRAW),
        ("REVOKED", "ACTIVE", INVALIDATE),
        ("REVOKED", "INACTIVE", INVALIDATE),
        ("SURRENDERED", "ACTIVE", INVALIDATE),
        ("SURRENDERED", "INACTIVE", INVALIDATE),
    ],
)
def test_the_duties_follow_from_the_statuses_of_recipient_and_product(
    recipient: RecipientStatus, product: ProductStatus, expected: Duties
) -> None:
    assert duties(recipient, product) == expected


def test_data_is_disclosed_only_if_recipient_and_product_are_active() -> None:
    pairs = itertools.product(get_args(RecipientStatus), get_args(ProductStatus))
    assert [pair for pair in pairs if duties(*pair).disclose] == [("ACTIVE", "ACTIVE")]
