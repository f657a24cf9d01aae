"""The values that the texts of the notices about an event name."""

from typing import NamedTuple

from haas.language import gettext
from tenants.holders.message_parts import accounts_line, dashboard_of, day_of, other_way, removed_line
from tenants.holders.models import Event
from tenants.notices.text_messages import short_account_list, short_name
from tenants.registry.models import Tenant


class EventWords(NamedTuple):
    """The values of the texts about an event."""

    brand: str
    dashboard: str
    """The address of the dashboard."""
    recipient: str
    accounts: str
    """For text messages, as `removed`: other messages have lines with all accounts."""
    removed: str
    day: str
    until: str | None
    due: str | None
    is_of_user: bool
    facts: tuple[str, ...]

    @property
    def kind(self) -> tuple[bool, bool]:
        """Whether a secondary user had authorised, and whether it was for once."""
        return self.is_of_user, self.until is None

    def say(self, message: str) -> str:
        """Return a message with the values that it names."""
        return gettext(
            message, brand=self.brand, recipient=self.recipient, accounts=self.accounts, removed=self.removed,
            day=self.day, until=self.until, due=self.due,
        )  # fmt: skip

    @property
    def brief(self) -> "EventWords":
        """The values for a text message."""
        return self._replace(brand=short_name(self.brand), recipient=short_name(self.recipient))

    def stated(self, *more: str) -> str:
        """Return the lines with the facts, and more of them."""
        return "\n".join([*self.facts, *more])

    @property
    def see_and_stop(self) -> tuple[str, str]:
        """Where a holder sees what is shared, and stops it."""
        need_not = gettext("You need not do anything.")
        here = gettext("You can see what is shared, and stop it for the account, here:")
        return f"{need_not} {here}\n{self.dashboard}", other_way(self.brand)

    @classmethod
    def of(cls, event: Event, tenant: Tenant) -> "EventWords":
        zone = tenant.settings.time_zone
        facts = [gettext("Data recipient: {recipient}", recipient=event.recipient)]
        if event.accounts:
            facts.append(accounts_line(event.accounts))
        if event.removed:
            facts.append(removed_line(event.removed))
        return cls(
            brand=tenant.name,
            dashboard=dashboard_of(tenant),
            recipient=event.recipient,
            accounts=short_account_list(event.accounts),
            removed=short_account_list(event.removed),
            day=day_of(event.at, zone),
            until=None if event.until is None else day_of(event.until, zone),
            due=None if event.due_at is None else day_of(event.due_at, zone),
            is_of_user=event.is_of_user,
            facts=tuple(facts),
        )
