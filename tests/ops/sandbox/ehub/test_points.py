"""Which service points exist, and whose they are."""

from pathlib import Path

from ops.sandbox.ehub.models import PointRange, PointSettings
from ops.sandbox.ehub.points import METER_BY_LAST_DIGIT, Points
from ops.sandbox.store import Store

FIRST = PointRange(participant_id="FIRST", first=4_000_000_000, count=100)
SECOND = PointRange(participant_id="SECOND", first=4_000_000_050, count=100)


async def test_the_first_range_decides_and_settings_replace_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "ehub.sqlite")
    points = Points(store)
    await points.load([FIRST])
    await points.add_range(SECOND)
    found = [points.find(f"{4_000_000_000 + number}") for number in (0, 99, 100, 150)]
    assert [point and point.participant_id for point in found] == ["FIRST", "FIRST", "SECOND", None]
    await points.put("4000000000", PointSettings(participant_id="SECOND", status="EXTINCT"))
    point = points.find("40000000008")
    assert point is not None
    assert (point.nmi, point.participant_id, point.status) == ("4000000000", "SECOND", "EXTINCT")
    assert points.find("QAAAVZZZZZ") is None
    store.close()


async def test_ranges_and_settings_are_the_same_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "ehub.sqlite")
    points = Points(store)
    await points.load([FIRST])
    await points.add_range(SECOND)
    await points.put("QAAAVZZZZZ", PointSettings(participant_id="SECOND", last_consumer_change_date=None))
    store.close()
    store = Store(tmp_path / "ehub.sqlite")
    again = Points(store)
    await again.load([PointRange(participant_id="OTHER", first=0, count=10)])
    assert again.ranges() == [FIRST, SECOND]
    assert again.find("QAAAVZZZZZ") == points.find("QAAAVZZZZZ")
    assert await again.remove("QAAAVZZZZZ")
    assert not await again.remove("QAAAVZZZZZ")
    assert again.find("QAAAVZZZZZ") is None
    store.close()


async def test_the_last_digit_decides_which_meter_a_service_point_has(tmp_path: Path) -> None:
    store = Store(tmp_path / "ehub.sqlite")
    points = Points(store)
    await points.load([FIRST])
    found = [points.find(f"400000000{digit}") for digit in range(10)]
    assert [point.meter for point in found if point is not None] == list(METER_BY_LAST_DIGIT)
    store.close()
