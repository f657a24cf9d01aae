"""The control API of the e-Hub, and the calls that it lists."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ops.sandbox.ehub.calls import LIMIT, MAXIMUM_NMIS, Calls
from ops.sandbox.ehub.control import ROUTES
from tests.ops.sandbox.ehub.conftest import RunningEHub
from tests.ops.sandbox.ehub.retailer import Retailer

NMI = "4102000010"


async def test_the_calls_are_listed_with_what_they_asked_for(
    ehub: RunningEHub, control: httpx.AsyncClient, retailer: Retailer
) -> None:
    """A test can assert how many calls were made, and with which service points, dates and intervals."""
    dates = {"oldest_date": ehub.today, "newest_date": ehub.today}
    await retailer.usage(["4102000011", f"{NMI}7"], interval_reads="FULL", page_size=100, **dates)
    await retailer.detail("7102000010")
    answer = (await control.get("/calls")).json()
    usage, detail = answer["calls"]
    assert answer["count"] == 2
    assert usage["operation"] == "listElectricityUsageForServicePointsSR"
    assert usage["participant_id"] == "BANKSIA"
    assert (usage["nmis"], usage["batch_size"]) == (["4102000011", f"{NMI}7"], 2)
    assert (usage["oldest_date"], usage["newest_date"]) == (str(ehub.today), str(ehub.today))
    assert (usage["interval_reads"], usage["page"], usage["page_size"]) == ("FULL", None, "100")
    assert usage["has_continuation_token"] is False
    assert usage["status"] == 200
    assert usage["headers"]["x-cds-arrangement"] == retailer.headers["x-cds-arrangement"]
    assert (detail["operation"], detail["status"]) == ("getElectricityServicePointDetailSR", 404)
    assert not {"authorization", "client-cert"} & set(usage["headers"])
    later = await control.get("/calls", params={"after": usage["id"]})
    assert [call["id"] for call in later.json()["calls"]] == [detail["id"]]
    for query in ({"operation": detail["operation"]}, {"participant_id": "AURORA"}):
        chosen = (await control.get("/calls", params=query)).json()["calls"]
        assert len(chosen) == (1 if "operation" in query else 0)
    assert (await control.delete("/calls")).status_code == 204
    assert (await control.get("/calls")).json() == {"calls": [], "count": 0, "last": detail["id"]}


def test_a_limited_number_of_calls_and_of_nmis_is_kept() -> None:
    calls = Calls()
    for _ in range(LIMIT + 5):
        calls.begin("getStatus", at=datetime.now(UTC), headers={}, query={}, nmis=[], forbidden_headers=[])
    assert len(calls.since(0)) == LIMIT
    assert calls.since(0)[-1].id == calls.last == LIMIT + 5
    calls.clear()
    for _ in range(3):
        nmis = ["4102000010"] * (MAXIMUM_NMIS // 2)
        calls.begin("getStatus", at=datetime.now(UTC), headers={}, query={}, nmis=nmis, forbidden_headers=[])
    assert [call.id for call in calls.since(0)] == [LIMIT + 7, LIMIT + 8]


async def test_a_new_participant_gets_a_user_and_can_be_changed(ehub: RunningEHub, control: httpx.AsyncClient) -> None:
    made = (await control.put("/participants/NEWONE", json={})).json()
    assert made["username"] == "NEWONE_API"
    await control.post("/service-points", json={"participant_id": "NEWONE", "first": "8000000000", "count": 10})
    async with ehub.http("NEWONE") as http:
        retailer = Retailer(http, "NEWONE", made["username"], made["password"])
        assert (await retailer.detail("8000000009")).status_code == 200
        assert (await retailer.detail("8000000010")).status_code == 404
        await control.put("/participants/NEWONE", json={"mode": "basic-with-key"})
        assert (await retailer.detail("8000000009")).status_code == 401
        key = {"Ocp-Apim-Subscription-Key": made["subscription_key"]}
        assert (await retailer.get("/8000000009", 2, headers=key)).status_code == 200
    listed = (await control.get("/participants")).json()["participants"]
    assert {"BANKSIA", "BANKSIA2", "AURORA", "NEWONE"} <= {each["participant_id"] for each in listed}
    ranges = (await control.get("/service-points")).json()["ranges"]
    assert {"participant_id": "NEWONE", "first": 8000000000, "count": 10} in ranges


async def test_a_service_point_can_leave_its_participant(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-D6: the caller is no longer the FRMP."""
    assert (await retailer.detail(NMI)).status_code == 200
    moved = {"participant_id": "AURORA", "meter": "basic-daily", "last_consumer_change_date": "2026-01-01"}
    assert (await control.put(f"/service-points/{NMI}", json=moved)).json()["participant_id"] == "AURORA"
    assert (await retailer.detail(NMI)).status_code == 404
    assert NMI in (await control.get("/service-points")).json()["service_points"]
    assert (await control.delete(f"/service-points/{NMI}")).status_code == 204
    assert (await retailer.detail(NMI)).status_code == 200
    assert (await control.delete(f"/service-points/{NMI}")).status_code == 404


async def test_settings_are_changed_and_reset(control: httpx.AsyncClient) -> None:
    before = (await control.get("/settings")).json()
    changed = (await control.put("/settings", json={"burst": 7, "half_hour_word": "30MIN"})).json()
    assert changed == {**before, "burst": 7, "half_hour_word": "30MIN"}
    assert (await control.delete("/settings")).json() == before


@pytest.mark.parametrize("kind", ["valid", "expired", "foreign"])
async def test_certificates_are_issued_of_each_kind(control: httpx.AsyncClient, kind: str) -> None:
    answer = (await control.post("/participants/BANKSIA/certificates", json={"kind": kind})).json()
    leaf, issuer = x509.load_pem_x509_certificates(answer["certificate"].encode())
    assert ("Foreign" in issuer.subject.rfc4514_string()) is (kind == "foreign")
    assert (leaf.not_valid_after_utc < datetime.now(UTC)) is (kind == "expired")
    assert "PRIVATE KEY" in answer["private_key"]


async def test_a_certificate_is_issued_for_a_key_of_the_participant(control: httpx.AsyncClient) -> None:
    key = rsa.generate_private_key(65537, 2048)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    csr = builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()
    answer = (await control.post("/participants/BANKSIA/certificates", json={"csr": csr})).json()
    assert answer["private_key"] is None
    assert x509.load_pem_x509_certificate(answer["certificate"].encode()).public_key() == key.public_key()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/participants/lower", {}, 400),
        ("PUT", "/participants/BANKSIA", {"passwort": "x"}, 400),
        ("PUT", "/participants/BANKSIA", {"password": "with a space"}, 400),
        ("PUT", "/participants/BANKSIA", {"mode": "digest"}, 400),
        ("POST", "/participants/UNKNOWN/certificates", {}, 404),
        ("POST", "/participants/BANKSIA/certificates", {"csr": "no request"}, 400),
        ("POST", "/service-points", {"participant_id": "A", "first": "41", "count": 1}, 400),
        ("POST", "/service-points", {"participant_id": "A", "first": "4102000010", "count": 0}, 400),
        ("PUT", "/service-points/short", {"participant_id": "A"}, 400),
        ("PUT", "/service-points/4102000010", {"participant_id": "A", "meter": "gas"}, 400),
        ("PUT", "/settings", {"burst": 0}, 400),
        ("PUT", "/settings", {"unknown": 1}, 400),
        ("POST", "/faults", {"kind": "unknown"}, 400),
        ("POST", "/faults", {"kind": "slow", "seconds": 1000}, 400),
        ("POST", "/faults", {"kind": "error", "status": 200}, 400),
        ("DELETE", "/faults/99", None, 404),
        ("GET", "/calls?after=x", None, 400),
    ],
)
async def test_a_wrong_request_is_refused(
    control: httpx.AsyncClient, method: str, path: str, body: Any, status: int
) -> None:
    assert (await control.request(method, path, json=body)).status_code == status


async def test_the_root_lists_every_operation_and_web_pages_are_refused(control: httpx.AsyncClient) -> None:
    operations = (await control.get("/")).json()["operations"]
    assert len(operations) == len(ROUTES)
    assert all(operation["does"] for operation in operations)
    assert (await control.get("/participants", headers={"Origin": "https://evil.test"})).status_code == 403
