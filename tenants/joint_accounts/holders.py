"""The holders of an account today, and which of them acts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.service import labels_of, market_day
from tenants.audit import service as audit
from tenants.audit.models import AuditedChange
from tenants.holders import service as notices
from tenants.holders import store as holders_store
from tenants.holders.models import Written
from tenants.holders.store import HolderRow
from tenants.joint_accounts import store
from tenants.joint_accounts.errors import NotAHolder
from tenants.notices.models import About, DecidedFor
from tenants.parties.acting import Acting, require_may_act
from tenants.registry.models import Tenant


class Holders:
    """The holders of an account at a moment, each with the persons who may act for them; one of them acts."""

    def __init__(
        self, tenant: Tenant, acting: Acting, account_id: UUID, rows: Iterable[HolderRow], *, now: datetime
    ) -> None:
        """`rows` are those of `holders.store.holders_of`."""
        self.tenant, self.acting, self.account_id, self.now = tenant, acting, account_id, now
        self._rows: dict[UUID, list[HolderRow]] = defaultdict(list)
        for row in rows:
            self._rows[row.holder_id].append(row)

    @property
    def others(self) -> list[UUID]:
        """The customers who hold the account too."""
        return [each for each in self._rows if each != self.acting.customer_id]

    def __contains__(self, customer_id: UUID) -> bool:
        """Return whether a customer is one of the holders."""
        return customer_id in self._rows

    def contacts_of(self, customers: Iterable[UUID]) -> list[Sequence[HolderRow]]:
        """Return the rows of those of these customers who are holders."""
        return [self._rows[each] for each in customers if each in self._rows]

    async def record(self, tx: Transaction, action: str, *, before: object = None, after: object = None) -> None:
        """Add a change of the account to the audit trail."""
        by = self.acting
        change = AuditedChange(
            actor=by.actor,
            role=by.role,
            action=action,
            subject=str(self.account_id),
            before=before,
            after={"customer": str(by.customer_id), "value": after},
        )
        await audit.record(tx, change, now=self.now)

    async def tells_others(self, tx: Transaction) -> bool:
        """Return whether the other holders get messages about what is decided for the customer who acts.

        They get none under a harm flag of this customer, whoever acts for the customer. Part 4A demands these messages,
        and rule 4A.15 permits what departs from the part to prevent harm (CDR Rules; decision 0069).
        """
        return not await store.has_flag(tx, self.acting.customer_id, self.account_id)

    async def tell(self, tx: Transaction, whom: Iterable[UUID], notice: Written, about: About, *, key: str) -> None:
        """Tell holders of what was done, as far as `tells_others` permits it, and not the person who acts."""
        if not await self.tells_others(tx):
            whom = [each for each in whom if each == self.acting.customer_id]
        await self._send(tx, whom, notice, about, self.decided, key=key)

    async def ask(self, tx: Transaction, whom: Iterable[UUID], notice: Written, about: About, *, key: str) -> None:
        """Tell holders what they are asked, also under a harm flag: who asks them wants them to know.

        A flag that is set before it is sent holds it back: who asked did not know of the danger then.
        """
        decided_for = self.decided if await self.tells_others(tx) else None
        await self._send(tx, whom, notice, about, decided_for, key=key)

    @property
    def decided(self) -> DecidedFor:
        """For whom it is decided, and about which account."""
        return DecidedFor(self.acting.customer_id, (self.account_id,))

    async def _send(
        self,
        tx: Transaction,
        whom: Iterable[UUID],
        notice: Written,
        about: About,
        decided_for: DecidedFor | None,
        *,
        key: str,
    ) -> None:
        told, by_login = self.contacts_of(whom), self.acting.login_id
        await notices.tell_holders(
            tx, notice, told, about=about, decided_for=decided_for, key=key, by_login=by_login, now=self.now
        )


async def require_holder(
    tx: Transaction, tenant: Tenant, acting: Acting, account_id: UUID, now: datetime, *, to_see: bool = False
) -> Holders:
    """Return the holders of an account. Raise MayNotAct, or NotAHolder unless `acting` is for one of them.

    With `to_see`, nothing is changed: see `require_may_act`.
    """
    today = market_day(now)
    await require_may_act(tx, acting, today, to_see=to_see)
    found = Holders(tenant, acting, account_id, await holders_store.holders_of(tx, account_id, today), now=now)
    if acting.customer_id not in found:
        raise NotAHolder(f"customer {acting.customer_id} is no holder of account {account_id}")
    return found


async def is_protected(tx: Transaction, acting: Acting, account_id: UUID, now: datetime) -> bool:
    """Return whether a harm flag protects the customer who acts, in person, from the other holders of an account.

    Nobody else learns of the flag (CDR Rules 4A.15).
    """
    return await store.protects_person(tx, account_id, acting.customer_id, acting.login_id, now)


async def label_of(tx: Transaction, account_id: UUID, now: datetime) -> str:
    """Return the name of an account as a message states it."""
    return (await labels_of(tx, [account_id], now))[account_id]
