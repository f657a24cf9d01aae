"""The parts of the e-Hub, constructed and connected in one place."""

import msgspec

from haas.clock import Clock, clock_from
from ops.sandbox.ehub.availability import Availability
from ops.sandbox.ehub.calls import Calls
from ops.sandbox.ehub.faults import Faults
from ops.sandbox.ehub.limits import Throttle
from ops.sandbox.ehub.models import HubSettings
from ops.sandbox.ehub.participants import Participants
from ops.sandbox.ehub.points import Points
from ops.sandbox.ehub.seed import PARTICIPANTS, RANGES
from ops.sandbox.ehub.settings import EHubProcessSettings
from ops.sandbox.store import Store


class EHub:
    """The state of one e-Hub. Participants and service points are stored; settings, faults and calls are in memory."""

    def __init__(self, process: EHubProcessSettings) -> None:
        """Construct the parts; nothing listens before the application starts."""
        self.process = process
        self.clock: Clock = clock_from(process.clock_file)
        process.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store = Store(process.folder / "ehub.sqlite")
        self.participants = Participants(self.store, self.clock)
        self.points = Points(self.store)
        self.settings = HubSettings()
        self.availability = Availability(updated_at=self.clock.now())
        self.throttle = Throttle()
        self.faults = Faults()
        self.calls = Calls()

    async def start(self) -> None:
        """Read what is stored, or begin with the participants and service points of the sandbox."""
        await self.participants.add_missing(PARTICIPANTS)
        await self.points.load(RANGES)

    def stop(self) -> None:
        """Close the store."""
        self.store.close()

    def change_settings(self, **changes: object) -> HubSettings:
        """Change settings, and fill the buckets of the throttle again."""
        self.settings = msgspec.structs.replace(self.settings, **changes)
        self.throttle.reset()
        return self.settings
