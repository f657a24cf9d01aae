"""An obligation of a data holder, and where it stands on a day."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from tenants.registry.models import TenantSettings

WARNING_PERIOD: Final = timedelta(days=90)
"""How long before its day an obligation that is not met is warned of."""
ObligationState = Literal["owed", "due-soon", "coming", "no-date"]
"""`owed`: its day has come. `due-soon`: its day comes within WARNING_PERIOD. `no-date`: no day is published."""


class Obligation(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a data holder must do from a day on, or may stop doing."""

    id: str
    day: date | None
    """The day from which it is owed. None: no day is published."""
    what: str
    source: str
    who: str = "every data holder"
    """Whom it touches, in words."""
    touches: Callable[[TenantSettings], bool] = lambda _: True
    """Whether it touches a tenant with these settings."""
    met_by: str | None = None
    """How this release meets it. None: it does not."""
    is_announced: bool = True
    """Whether a published release of the standards says it. Otherwise only a draft does, and it can change."""

    def state(self, today: date) -> ObligationState:
        """Return where the obligation stands on a day."""
        if self.day is None:
            return "no-date"
        if self.day <= today:
            return "owed"
        return "due-soon" if self.day - today <= WARNING_PERIOD else "coming"

    def needs_work(self, today: date) -> bool:
        """Return whether it is owed or due soon, and not met."""
        return self.met_by is None and self.state(today) in ("owed", "due-soon")
