"""The person who looks at the dashboard, and how the pages speak of the customers for whom this person acts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from tenants.data_language import CustomerKind
from tenants.parties.acted_by import ActedBy, acted_by_text
from tenants.parties.models import Customer


class DashboardViewer(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in person: the customers that the person acts for, the current time, and the time zone for dates."""

    login_id: UUID
    customers: Sequence[Customer]
    now: datetime
    zone: ZoneInfo

    @property
    def not_seen(self) -> list[str]:
        """The names of the customers that the person represents, but whose sharing they may not see."""
        return [each.name for each in self.customers if not each.may_see]

    def may_stop(self, customer_id: UUID) -> bool:
        """Return whether the person may stop what a customer shares."""
        found = self._customer(customer_id)
        return found is not None and found.may_share

    def kind(self, customer_id: UUID) -> CustomerKind:
        """Return the kind of a customer, which determines the data language."""
        found = self._customer(customer_id)
        return "person" if found is None else found.kind

    def name(self, customer_id: UUID) -> str | None:
        """Return the name of a customer."""
        found = self._customer(customer_id)
        return None if found is None else found.name

    def acting_for(self, customer_id: UUID) -> str | None:
        """Return the name of a customer, or None if the signed-in person acts for nobody but themselves."""
        found = self._customer(customer_id)
        if found is None or (len(self.customers) == 1 and found.is_self):
            return None
        return found.name

    def represented(self, customer_id: UUID) -> str | None:
        """Return the name for a sentence about what a customer did, or None if that is the person who reads.

        A consent belongs to the customer, whoever gave it (decision 0022). So what was done for another customer was
        not always done by the person who reads.
        """
        found = self._customer(customer_id)
        return None if found is None or found.is_self else found.name

    def acted(self, customer_id: UUID, by: ActedBy | None) -> str | None:
        """Return who did something for a customer, as the subject of a sentence, or None if it is who reads."""
        found = self._customer(customer_id)
        if found is None:
            raise AssertionError(f"the person sees nothing of customer {customer_id}")
        return acted_by_text(by, self.login_id, found.name, reader_is_customer=found.is_self)

    def _customer(self, customer_id: UUID) -> Customer | None:
        return next((one for one in self.customers if one.id == customer_id), None)
