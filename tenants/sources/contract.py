"""The interface of a source of customer data.

A source uses internal ids only. `tenants.disclosure` replaces them by the ids of the recipient.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from tenants.cds.pagination import Page, PageRequest
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_base_v2 import OpenStatus
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountV2


class CustomerDataSource(Protocol):
    """Returns customers and their accounts as typed payloads."""

    async def customer(self, customer_id: UUID) -> CommonCustomerDetailV2 | None:
        """Return a customer, or None if the source has no customer with that id."""
        ...

    async def accounts(
        self, account_ids: Sequence[UUID], status: OpenStatus | None, page: PageRequest
    ) -> Page[EnergyAccountV2]:
        """Return one page of those of `account_ids` that have `status` (any status if None), in a stable order."""
        ...

    async def account(self, account_id: UUID) -> EnergyAccountDetailV4 | None:
        """Return an account in full, or None if the source has no account with that id."""
        ...
