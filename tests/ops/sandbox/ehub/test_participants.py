"""The stored participants."""

from pathlib import Path

from haas.clock import SystemClock
from ops.sandbox.ehub.participants import Participants
from ops.sandbox.ehub.seed import PARTICIPANTS
from ops.sandbox.store import Store


async def test_a_changed_password_is_not_replaced_by_that_of_the_first_start(tmp_path: Path) -> None:
    store = Store(tmp_path / "ehub.sqlite")
    participants = Participants(store, SystemClock())
    await participants.add_missing(PARTICIPANTS)
    first = await participants.get("BANKSIA")
    assert first is not None
    assert await participants.change_password(first, first.password, "After-Change-2") is None
    store.close()
    store = Store(tmp_path / "ehub.sqlite")
    again = Participants(store, SystemClock())
    await again.add_missing(PARTICIPANTS)
    assert len(await again.all()) == len(PARTICIPANTS)
    changed = await again.get("BANKSIA")
    assert changed is not None
    assert changed.password == "After-Change-2"
    assert changed.previous_passwords == [first.password]
    store.close()
