"""A new version of an operation is rows and converters: a made-up version of Get Concessions is two files."""

import importlib.util
import sys
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from litestar import Router
from sqlalchemy import insert

from apps.resources.routes import route_of
from apps.surfaces import application_with
from tenants.obligations.calendar import obligations
from tenants.operations import endpoints
from tenants.operations.models import BASE_PATH
from tenants.sources.tables import concession
from tests.apps.resources.conftest import Brand, Sharing

PAYLOAD = """
from tenants.cds.field_types import Payload
from tenants.payloads.energy_concession_v1 import EnergyConcession


class EnergyConcessionV2(Payload):
    title: str
    isPercentage: bool

    @classmethod
    def of(cls, item: EnergyConcession) -> "EnergyConcessionV2":
        return cls(title=item.displayName, isPercentage=item.percentage is not None)


class EnergyConcessionListV2(Payload):
    concessions: list[EnergyConcessionV2]
"""
ROW = "(Version(1, _2022, payload=EnergyConcessionListV1),)"
NEW_ROW = (
    "(Version(1, _2022, date(2028, 3, 13), EnergyConcessionListV1),"
    " Version(2, date(2027, 11, 8), payload=EnergyConcessionListV2, convert=EnergyConcessionV2.of))"
)
IMPORT = "from tenants.payloads.energy_concession_v1 import EnergyConcessionListV1\n"
NEW_IMPORT = "from tenants.payloads.energy_concession_v2 import EnergyConcessionListV2, EnergyConcessionV2\n"
MAXIMUM_FILES = 3
REBATE = {"type": "FIXED_PERCENTAGE", "displayName": "Rebate", "discountFrequency": "P1Y", "percentage": "0.1"}


def changed_files() -> dict[str, str]:
    """Return the text of each file that the new version adds or changes, by the name of its module."""
    table = Path(str(endpoints.__file__)).read_text(encoding="utf-8")
    assert table.count(ROW) == table.count(IMPORT) == 1
    return {
        "tenants.payloads.energy_concession_v2": PAYLOAD,
        "tenants.operations.endpoints": table.replace(ROW, NEW_ROW).replace(IMPORT, IMPORT + NEW_IMPORT),
    }


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The endpoint table of a release with the changed files and no other change."""
    files = changed_files()
    assert len(files) <= MAXIMUM_FILES
    loaded = None
    for name, text in files.items():
        file = tmp_path / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, loaded)
        spec.loader.exec_module(loaded)
    assert loaded is not None
    return loaded


async def test_a_made_up_version_is_served_beside_the_old_one_and_is_in_the_calendar(
    brand: Brand, sharing: Sharing, next_release: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, ours = await sharing.account_ids(), sharing.consumer.account_ids
    path = f"/energy/accounts/{listed[sorted(ours).index(ours[0])]}/concessions"
    row = {"account_id": ours[0], "position": 0, "detail": REBATE, "updated_at": brand.application.now}
    await brand.execute(insert(concession).values(row))
    table = next_release.ENDPOINTS
    secure = application_with([Router(BASE_PATH, route_handlers=[route_of(each) for each in table])])
    surfaces: dict[str, Any] = {**brand.application.asgi._surfaces, "secure": secure}
    monkeypatch.setattr(brand.application.asgi, "_surfaces", surfaces)
    old, new = [await sharing.get(path, version=version, minimum_version=version) for version in (1, 2)]
    assert (old.headers["x-v"], new.headers["x-v"]) == ("1", "2")
    (before,), (after,) = [response.json()["data"]["concessions"] for response in (old, new)]
    assert before["displayName"] == after["title"] == "Rebate"
    assert after == {"title": "Rebate", "isPercentage": True}
    added = {each.id: each for each in obligations(table)}.keys() - {each.id for each in obligations()}
    assert added == {"versions-bound-2027-11-08", "versions-retired-2028-03-13"}
    (bound,) = (each for each in obligations(table) if each.id == "versions-bound-2027-11-08")
    assert (bound.day, "Get Concessions 2" in bound.what) == (date(2027, 11, 8), True)
