"""Who acts for a customer: a person who may, or a member of the staff whom the customer has asked.

The services for holders of accounts take an `Acting`, so that a page, a screen of the staff and the Management API use
the same functions, and the audit trail says who did what.
"""

from datetime import date
from uuid import UUID

import msgspec

from haas.database import Transaction
from tenants.parties import store
from tenants.parties.errors import MayNotAct
from tenants.parties.models import Representative


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, and who acts for the customer: exactly one of `login_id` and `staff`."""

    customer_id: UUID
    login_id: UUID | None = None
    """The login of the person."""
    staff: str | None = None
    """The id of the member of the staff, or of the retailer's software. Whether they may is checked by the caller."""

    def __post_init__(self) -> None:
        """Raise ValueError unless it is known who acts."""
        if (self.login_id is None) == (self.staff is None):
            raise ValueError("either a login or the staff acts for a customer")

    @property
    def actor(self) -> str:
        """The actor in the audit trail."""
        return str(self.login_id if self.staff is None else self.staff)

    @property
    def role(self) -> str:
        """The role in the audit trail."""
        return "consumer" if self.staff is None else "staff"


async def require_may_act(tx: Transaction, acting: Acting, today: date, *, to_see: bool = False) -> None:
    """Raise MayNotAct unless the login is enabled and may act for the customer on `today` (CDR Rules 1.13(1)(c), (d)).

    The period and the scope of a representation are applied. With `to_see`, it is enough that the login may see what
    the customer shares.
    """
    if acting.login_id is None:
        return
    login = await store.login_by_id(tx, acting.login_id)
    customers = [] if login is None else await store.customers_of(tx, acting.login_id, today)
    if acting.customer_id not in {each.id for each in customers if each.may_share or (to_see and each.may_see)}:
        raise MayNotAct(f"login {acting.login_id} may not act for customer {acting.customer_id}")


async def representatives(tx: Transaction, acting: Acting, today: date) -> list[Representative]:
    """Return who may act for a customer on `today` or later, with role, scope and period. Raise MayNotAct.

    The retailer's import adds and ends them. The end of a representation ends no consent of the customer (K-2).
    """
    await require_may_act(tx, acting, today, to_see=True)
    return await store.representatives(tx, acting.customer_id, today)
