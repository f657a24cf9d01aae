"""Accreditation numbers from Get Data Recipients 4."""

import msgspec
import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.outbound import Outbound
from haas.settings import Settings
from tenants.register.accreditations import RECIPIENTS, Accreditations
from tenants.register.errors import RegisterUnreadable
from tenants.registry.models import RegisterEnvironment, Tenant
from tenants.registry.names import control_namespace
from tests.support.https_server import HttpsServer


def _said(*numbers: tuple[str, str]) -> tuple[int, bytes]:
    return 200, msgspec.json.encode({"data": [{"legalEntityId": one, "accreditationNumber": n} for one, n in numbers]})


async def test_accreditation_numbers_are_stored_and_kept_after_unreadable_responses(
    database: Database, settings: Settings, clock: MovableClock, outbound: Outbound, https: HttpsServer, tenant: Tenant
) -> None:
    origin = https.origin("register")
    environment = RegisterEnvironment(tenant.register_environment.id, origin, origin, origin + "/jwks")
    accreditations = Accreditations(database, control_namespace(settings), clock)
    assert await accreditations.number(environment.id, "entity-one") is None
    https.answer = lambda _: _said(("entity-one", "ADR1"), ("entity-two", "ADR2"))
    assert await accreditations.refresh(environment, outbound) == 2
    assert (https.requests[-1].path, https.requests[-1].headers["x-v"]) == (RECIPIENTS, "4")
    assert await accreditations.number(environment.id, "entity-one") == "ADR1"
    marked = b"\xef\xbb\xbf" + _said(("entity-one", "ADR1"), ("entity-two", "ADR2"))[1]
    https.answer = lambda _: (200, marked)
    assert await accreditations.refresh(environment, outbound) == 2
    not_text = b'{"data": [{"legalEntityId": "\xff", "accreditationNumber": "ADR1"}]}'
    for broken in ((500, b""), (200, b"{}"), (200, b"\xff"), (200, b"<html>"), (200, not_text)):
        https.answer = lambda _, broken=broken: broken
        with pytest.raises(RegisterUnreadable):
            await accreditations.refresh(environment, outbound)
    assert await accreditations.number(environment.id, "entity-two") == "ADR2"
