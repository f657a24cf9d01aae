"""Service points and DER of a brand whose market source is AEMO, through the whole application."""

import asyncio
import logging
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import update

import tenants.aemo.records
from ops.demonstration.customers import load_demonstration
from tenants.accounts.tables import supply
from tenants.aemo.service import BATCH
from tests.apps.resources.aemo.conftest import (
    DER,
    POINTS,
    PREFIX,
    UNAVAILABLE_POINT,
    Shared,
    assert_no_nmi,
    assign,
    changed_settings,
    errors_of,
    forget_answers,
    new_participant,
    with_points,
)
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.aemo import ScriptedHub, listed, nmis_of, of_path, refusal
from tests.support.application import Application
from tests.support.https_server import ReceivedRequest
from tests.support.service_points import ServicePoints


async def test_service_points_come_from_aemo_with_ids_of_the_recipient(
    brand: Brand, hub: ScriptedHub, shared: Shared, participant: str
) -> None:
    """C-A1, C-A3, C-A5, C-I4: one POST with the NMIs; the answer has our ids and links."""
    response = await shared.get()
    assert response.headers["x-accel-buffering"] == "no"  # K-42: nginx writes no file for a slow client
    body = response.json()
    assert [point["nationalMeteringId"] for point in body["data"]["servicePoints"]] == shared.nmis
    identifiers = {point["servicePointId"] for point in body["data"]["servicePoints"]}
    assert len(identifiers) == 3
    assert not identifiers & {*shared.nmis, *map(str, shared.internal)}
    assert body["links"] == {"self": f"{brand.tenant.secure_base}/cds-au/v1{POINTS}"}
    assert body["meta"] == {"totalRecords": 3, "totalPages": 1}
    (request,) = hub.requests
    assert (request.method, request.path.partition("?")[0][-24:]) == ("POST", "/electricity/servicepoints"[-24:])
    assert nmis_of(request) == shared.nmis
    assert request.headers["x-v"] == "2"
    assert request.headers["x-cds-arrangement"] == str(shared.sharing.arrangement_id)
    assert request.headers["x-fapi-interaction-id"] == response.headers["x-fapi-interaction-id"]
    assert request.headers["x-initiatingparticipantid"] == participant
    for never in ("x-fapi-auth-date", "x-fapi-customer-ip-address", "x-cds-client-headers", "x-market"):
        assert never not in request.headers  # C-A2, C-A9


async def test_detail_and_der_of_one_service_point_use_its_own_operations(hub: ScriptedHub, shared: Shared) -> None:
    """C-A1: there is an operation for one service point."""
    (first, *_) = await shared.ids()
    detail = await shared.get(f"{POINTS}/{first}")
    der = await shared.get(f"{POINTS}/{first}/der")
    assert detail.json()["data"]["distributionLossFactor"]["code"] == "NLV1"
    assert (detail.json()["data"]["servicePointId"], der.json()["data"]["servicePointId"]) == (first, first)
    assert [(each.method, each.path.rpartition("/electricity")[2]) for each in hub.requests[1:]] == [
        ("GET", f"/servicepoints/{shared.nmis[0]}"),
        ("GET", f"/servicepoints/{shared.nmis[0]}/der"),
    ]
    assert [each.headers["x-v"] for each in hub.requests[1:]] == ["2", "1"]


async def test_bulk_and_specific_der_send_the_list_of_nmis(hub: ScriptedHub, shared: Shared) -> None:
    """C-A1: AEMO has no bulk operation. C-I3: the order is that of the NMIs."""
    identifiers = await shared.ids()
    bulk = await shared.get(DER)
    specific = await shared.post(DER, [identifiers[2], identifiers[0]])
    assert [record["servicePointId"] for record in bulk.json()["data"]["derRecords"]] == identifiers
    assert [record["servicePointId"] for record in specific.json()["data"]["derRecords"]] == [
        identifiers[0],
        identifiers[2],
    ]
    assert hub.batches()[1:] == [shared.nmis, [shared.nmis[0], shared.nmis[2]]]


@pytest.mark.parametrize("answered", ["left out", "null", "no list"])
async def test_a_service_point_without_der_has_a_record_of_zeros(
    hub: ScriptedHub, shared: Shared, answered: str
) -> None:
    """C-D3, C-R1: in single, bulk and specific, whether AEMO answers 404, null, or leaves the service point out."""
    identifiers = await shared.ids()
    hub.item = lambda _, __: None
    empty = {"left out": {"derRecords": []}, "null": {"derRecords": None}, "no list": {}}[answered]
    hub.answer = lambda request: hub.items(request) if request.method == "GET" else (200, {"data": empty})
    zeros = {
        "approvedCapacity": 0,
        "availablePhasesCount": 0,
        "installedPhasesCount": 0,
        "islandableInstallation": False,
        "acConnections": [],
    }
    single = await shared.get(f"{POINTS}/{identifiers[0]}/der")
    bulk = await shared.get(DER)
    specific = await shared.post(DER, identifiers[:1])
    assert single.json()["data"] == {"servicePointId": identifiers[0], **zeros}
    assert bulk.json()["data"]["derRecords"] == [{"servicePointId": each, **zeros} for each in identifiers]
    assert specific.json()["data"]["derRecords"] == [{"servicePointId": identifiers[0], **zeros}]


async def test_mandatory_numbers_of_der_that_are_null_are_zero(hub: ScriptedHub, shared: Shared) -> None:
    """C-D4."""
    hub.item = lambda path, nmi: {**of_path(path, nmi), "approvedCapacity": None, "installedPhasesCount": None}
    record, *_ = (await shared.get(DER)).json()["data"]["derRecords"]
    assert (record["approvedCapacity"], record["installedPhasesCount"], record["availablePhasesCount"]) == (0, 0, 1)


async def test_an_unknown_jurisdiction_is_passed_on_and_recorded(
    hub: ScriptedHub, shared: Shared, caplog: pytest.LogCaptureFixture
) -> None:
    """C-D2, section 10 case 1 (sm#680): 200 with three records, and one finding."""
    caplog.set_level(logging.INFO)
    second = shared.nmis[1]
    hub.item = lambda path, nmi: {**of_path(path, nmi), **({"jurisdictionCode": "ISO"} if nmi == second else {})}
    found = (await shared.get()).json()["data"]["servicePoints"]
    assert [point["jurisdictionCode"] for point in found] == ["VIC", "ISO", "VIC"]
    (finding,) = [record for record in caplog.records if record.message == "aemo.deviation"]
    assert (finding.field, finding.kind, finding.number) == ("jurisdictionCode", "enumeration", 1)  # type: ignore[attr-defined]
    assert_no_nmi(shared, vars(finding))


@pytest.mark.parametrize(("policy", "codes"), [("mend", ["VIC", "NEM", "VIC"]), ("drop", ["VIC", "VIC"])])
async def test_the_policy_of_the_tenant_decides_about_unknown_values(
    brand: Brand, hub: ScriptedHub, shared: Shared, policy: str, codes: list[str]
) -> None:
    """C-D2: mended to NEM, or left out; never an error for the list."""
    second = shared.nmis[1]
    hub.item = lambda path, nmi: {**of_path(path, nmi), **({"jurisdictionCode": "ISO"} if nmi == second else {})}
    async with changed_settings(brand, unknown_market_values=policy):
        found = (await shared.get()).json()["data"]["servicePoints"]
    assert [point["jurisdictionCode"] for point in found] == codes


async def test_a_missing_loss_factor_gets_placeholders_or_its_service_point_is_left_out(
    brand: Brand, hub: ScriptedHub, shared: Shared
) -> None:
    """C-D1, C-S6, section 10 case 4 (sm#597)."""
    (first, *_) = await shared.ids()
    hub.item = lambda path, nmi: {
        **of_path(path, nmi),
        "distributionLossFactor": {"code": "NLV1", "description": None},
    }
    detail = await shared.get(f"{POINTS}/{first}")
    assert detail.json()["data"]["distributionLossFactor"] == {
        "code": "NLV1",
        "description": "N/A",
        "lossValue": "1.0000",
    }
    async with changed_settings(brand, missing_market_values="drop"):
        dropped = await shared.get(f"{POINTS}/{first}")
    assert dropped.status_code == 404
    (error,) = errors_of(dropped)
    assert (error["code"], error["detail"]) == (UNAVAILABLE_POINT, first)


async def test_each_participant_asks_for_its_own_service_points(
    brand: Brand, hub: ScriptedHub, shared: Shared, participant: str
) -> None:
    """C-A4: one request for each participant; the answers are merged in the order of the NMIs and counted."""
    other = new_participant()
    await assign(brand, other, hub.base_uri)
    for internal, participant_id in zip(shared.internal, (participant, other, participant), strict=True):
        await brand.execute(
            update(supply).where(supply.c.service_point_id == internal).values(participant_id=participant_id)
        )
    body = (await shared.get()).json()
    assert [point["nationalMeteringId"] for point in body["data"]["servicePoints"]] == shared.nmis
    assert body["meta"]["totalRecords"] == 3
    assert {request.headers["x-initiatingparticipantid"]: nmis_of(request) for request in hub.requests} == {
        participant: [shared.nmis[0], shared.nmis[2]],
        other: [shared.nmis[1]],
    }


async def test_a_service_point_of_a_participant_that_the_brand_does_not_have_is_left_out(
    brand: Brand, hub: ScriptedHub, shared: Shared, caplog: pytest.LogCaptureFixture
) -> None:
    identifiers = await shared.ids()
    await brand.execute(
        update(supply).where(supply.c.service_point_id == shared.internal[0]).values(participant_id="STRANGER")
    )
    forget_answers(brand)
    assert await shared.ids() == identifiers[1:]
    single = await shared.get(f"{POINTS}/{identifiers[0]}")
    assert single.status_code == 404
    assert "isSecondaryDataHolderError" not in errors_of(single)[0]
    assert "aemo.no_participant" in caplog.messages


async def test_without_a_participant_the_brand_answers_an_error_of_its_own(
    brand: Brand, hub: ScriptedHub, sharing: Sharing, points: ServicePoints
) -> None:
    shared = await with_points(sharing, points, 1)
    response = await shared.get()
    assert response.status_code == 500
    assert "isSecondaryDataHolderError" not in errors_of(response)[0]
    assert hub.requests == []


async def test_a_refused_service_point_is_taken_out_of_a_list_and_the_others_are_asked_for_again(
    hub: ScriptedHub, shared: Shared, caplog: pytest.LogCaptureFixture
) -> None:
    """C-D6, C-A21: once. The NMI is in the detail with its checksum."""
    refused = shared.nmis[1]

    def answer(request: ReceivedRequest) -> tuple[int, object]:
        asked = nmis_of(request)
        return (422, refusal("InvalidSP-NotFRMP", f"{refused}7")) if refused in asked else hub.items(request)

    hub.answer = answer
    body = (await shared.get()).json()
    assert [point["nationalMeteringId"] for point in body["data"]["servicePoints"]] == [shared.nmis[0], shared.nmis[2]]
    assert body["meta"]["totalRecords"] == 2
    assert hub.batches() == [shared.nmis, [shared.nmis[0], shared.nmis[2]]]
    assert "aemo.service_points_refused" in caplog.messages
    assert_no_nmi(shared, *(vars(record) for record in caplog.records if record.name.startswith("tenants")))


async def test_a_service_point_that_the_path_names_is_unavailable_if_aemo_refuses_it(
    hub: ScriptedHub, shared: Shared
) -> None:
    """C-D6, C-D7, C-E9: 404 with the flag; AEMO's code, with the URN that it extends; the recipient's id."""
    (first, *_) = await shared.ids()
    hub.answer = lambda _: (404, refusal("InvalidSP-NotFRMP ", shared.nmis[0], shared.nmis[0]))
    for path in (f"{POINTS}/{first}", f"{POINTS}/{first}/der"):
        response = await shared.get(path)
        assert response.status_code == 404
        assert errors_of(response) == [
            {
                "code": "InvalidSP-NotFRMP",
                "title": "Unavailable Service Point",
                "detail": first,
                "meta": {"urn": UNAVAILABLE_POINT},
                "isSecondaryDataHolderError": True,
            }
        ]


async def test_a_list_that_is_refused_twice_is_an_error_of_aemo(hub: ScriptedHub, shared: Shared) -> None:
    """C-A21: service points are taken out once."""
    hub.answer = lambda request: (422, refusal("InvalidSP-X", nmis_of(request)[0]))
    response = await shared.get()
    assert response.status_code == 500
    assert errors_of(response)[0]["isSecondaryDataHolderError"] is True
    assert len(hub.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (422, "detail", 200),
        (400, "title with checksum", 200),
        (400, "other", 500),
        (406, "other", 500),
        (500, "html", 503),
        (503, "html", 503),
        (200, "html", 503),
        (200, "other", 503),
    ],
)
async def test_no_nmi_of_an_answer_reaches_the_recipient_or_a_log(
    brand: Brand,
    hub: ScriptedHub,
    shared: Shared,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: str,
    expected: int,
) -> None:
    """L13: neither in the body, the links or the headers, nor in a log. HTML is Service/Unavailable."""
    caplog.set_level(logging.DEBUG)
    first = shared.nmis[0]
    answers: dict[str, object] = {
        "detail": refusal("InvalidSP-1", first),
        "title with checksum": refusal("GeneralError/Expected", "", f"{first}0 is not known"),
        "other": {"errors": [{"code": f"{PREFIX}cds-all:Field/Invalid ", "detail": f"page of {first}?"}]},
        "html": f"<html>{first} at gateway</html>".encode(),
    }
    if body == "other" and status != 200:
        answers["other"] = refusal("GeneralError/Expected", "no service point is named")
    if body == "other" and status == 200:
        answers["other"] = {"data": {"derRecords": first}}
    first_answer = [True]

    def answer(request: ReceivedRequest) -> tuple[int, object]:
        if first_answer.pop() if first_answer else False:
            return status, answers[body]
        return hub.items(request)

    hub.answer = answer
    response = await shared.get(DER)
    assert response.status_code == expected, response.text
    assert_no_nmi(shared, response.text, response.headers)
    ours = [record for record in caplog.records if record.name.startswith(("apps", "tenants", "haas"))]
    assert_no_nmi(shared, *(vars(record) for record in ours))
    if expected != 200:
        (error,) = errors_of(response)
        assert error["isSecondaryDataHolderError"] is True
        if body == "html":
            assert error["code"] == f"{PREFIX}cds-all:Service/Unavailable"


async def test_links_and_service_points_that_were_not_asked_for_are_not_passed_on(
    hub: ScriptedHub, shared: Shared, caplog: pytest.LogCaptureFixture
) -> None:
    """L13, C-A3: `links.self` of AEMO's own host; a service point that was not asked for is dropped."""
    caplog.set_level(logging.INFO)
    hub.answer = lambda request: (
        200,
        listed("", [of_path("", nmi) for nmi in (*nmis_of(request), "6999999999")]),
    )
    response = await shared.get()
    assert [point["nationalMeteringId"] for point in response.json()["data"]["servicePoints"]] == shared.nmis
    assert "aemo.test" not in response.text
    assert "6999999999" not in response.text
    (finding,) = [record for record in caplog.records if record.message == "aemo.deviation"]
    assert finding.kind == "not-asked-for"  # type: ignore[attr-defined]
    assert "6999999999" not in str(vars(finding))


async def test_nmis_are_compared_by_ten_characters(hub: ScriptedHub, shared: Shared) -> None:
    """C-I6, L13: AEMO can answer with the checksum. The recipient sees the NMI as AEMO gives it."""
    hub.item = lambda path, nmi: of_path(path, f"{nmi}5")
    found = (await shared.get()).json()["data"]["servicePoints"]
    assert [point["nationalMeteringId"] for point in found] == [f"{nmi}5" for nmi in shared.nmis]
    assert len({point["servicePointId"] for point in found}) == 3


async def test_the_pages_of_aemo_are_followed_to_the_end_by_its_links(hub: ScriptedHub, shared: Shared) -> None:
    """C-A10, C-A13: a continuation token in a link, or the number of a page in its place. No page is made up."""
    links = iter(
        (
            "https://other.aemo.test/somewhere?page=2&page-size=1&continuation-token=a%2Bb&oldest-date=1999-01-01",
            3,
            None,
        )
    )
    nmis = iter(shared.nmis)

    def answer(_: ReceivedRequest) -> tuple[int, object]:
        return 200, {**listed("", [of_path("", next(nmis))]), "links": {"Next": next(links)}}

    hub.answer = answer
    assert len((await shared.get()).json()["data"]["servicePoints"]) == 3
    queries = [dict(parse_qsl(request.path.partition("?")[2])) for request in hub.requests]
    assert queries == [
        {"page-size": "1000"},
        {"page-size": "1", "page": "2", "continuation-token": "a+b"},
        {"page-size": "1", "page": "3", "continuation-token": "a+b"},
    ]


async def test_pages_of_aemo_that_do_not_end_are_an_error(
    hub: ScriptedHub, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenants.aemo.records, "MAXIMUM_PAGES", 3)
    numbers = count(2)
    hub.answer = lambda _: (200, {**listed("", []), "links": {"next": f"?page={next(numbers)}"}})
    response = await shared.get()
    assert response.status_code == 503
    assert len(hub.requests) == 3


async def test_repeated_and_identical_calls_ask_aemo_once(hub: ScriptedHub, shared: Shared) -> None:
    """C-N12, C-A10, C-D10, section 10 case 9: ten identical concurrent requests make one request to AEMO."""
    responses = await asyncio.gather(*(shared.get() for _ in range(10)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.text for response in responses}) == 1
    assert len(hub.requests) == 1
    for size in (1, 2, 3, 25):  # C-D9: no page size makes AEMO more work
        for page in range(1, 3 // size + 1):
            assert (await shared.get(params={"page": page, "page-size": size})).status_code == 200
    assert len(hub.requests) == 1


async def test_answers_are_not_shared_between_customers_or_arrangements(
    brand: Brand, hub: ScriptedHub, participant: str, points: ServicePoints
) -> None:
    """C-N12: two holders of one service point; each arrangement asks for itself."""
    first = await brand.share()
    shared = await with_points(first, points, 1)
    again = await brand.share(first.consumer)
    for sharing in (first, again):
        response = await sharing.get(POINTS)
        assert [point["nationalMeteringId"] for point in response.json()["data"]["servicePoints"]] == shared.nmis
    assert [request.headers["x-cds-arrangement"] for request in hub.requests] == [
        str(first.arrangement_id),
        str(again.arrangement_id),
    ]


async def test_many_service_points_are_asked_for_page_by_page_in_batches(
    brand: Brand, hub: ScriptedHub, sharing: Sharing, participant: str, points: ServicePoints
) -> None:
    """C-A15, A-7, C-Q6: only those of the page, and the number of all of them without a further request."""
    shared = await with_points(sharing, points, BATCH * 2 + 5)
    total = len(shared.nmis)
    first = (await shared.get()).json()
    assert [point["nationalMeteringId"] for point in first["data"]["servicePoints"]] == shared.nmis[:25]
    assert first["meta"] == {"totalRecords": total, "totalPages": 5}
    assert hub.batches() == [shared.nmis[:25]]
    whole = (await shared.get(params={"page-size": 1000})).json()
    assert [point["nationalMeteringId"] for point in whole["data"]["servicePoints"]] == shared.nmis
    assert sorted(map(len, hub.batches()[1:])) == [5, BATCH, BATCH]
    beyond = await shared.get(params={"page": 6})
    assert (beyond.status_code, errors_of(beyond)[0]["detail"]) == (422, "5")


async def test_a_throttled_batch_does_not_lose_those_that_were_answered(
    brand: Brand, hub: ScriptedHub, sharing: Sharing, participant: str, points: ServicePoints
) -> None:
    """C-D10, section 10 case 9 (sm#651): 429 for some batches. What was answered is not asked for again."""
    shared = await with_points(sharing, points, BATCH * 2 + 5)
    last = shared.nmis[-1]
    hub.answer = lambda request: (429, {}) if last in nmis_of(request) else hub.items(request)
    response = await shared.get(params={"page-size": 1000})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    (error,) = errors_of(response)
    assert error["isSecondaryDataHolderError"] is True
    asked = len(hub.requests)
    assert asked == 3
    hub.answer = hub.items
    repeated = await shared.get(params={"page-size": 1000})
    while repeated.status_code == 429:  # until the pause is over
        repeated = await shared.get(params={"page-size": 1000})
    assert len(repeated.json()["data"]["servicePoints"]) == BATCH * 2 + 5
    assert hub.batches()[asked:] == [shared.nmis[BATCH * 2 :]]


async def test_the_time_of_aemo_is_recorded_apart(brand: Brand, hub: ScriptedHub, shared: Shared) -> None:
    """C-N2, C-D12, C-A22."""
    await shared.get()
    hub.answer = lambda _: (500, {})
    await shared.get(DER)
    rows = [
        row
        for row in await brand.calls()
        if row.operation in ("listElectricityServicePoints", "listElectricityDERBulk")
    ]
    assert sum(row.secondary_calls for row in rows) >= 2
    assert sum(row.secondary_errors for row in rows) >= 1
    assert all(row.secondary_latency_total > 0 for row in rows if row.secondary_calls)


async def test_a_stopped_hub_fails_the_market_data_of_its_brand_only(
    application: Application, brand: Brand, hub: ScriptedHub, shared: Shared, sharing: Sharing, aurora: Any
) -> None:
    """C-A20, C-D13, section 10 case 6 (sm#506): 503 with the flag; other data and other brands are not affected."""
    stopped = new_participant()
    await assign(brand, stopped, "https://ehub.cdr-sandbox.localhost:1/NEMRetail")
    await brand.execute(
        update(supply).where(supply.c.service_point_id.in_(shared.internal)).values(participant_id=stopped)
    )
    response = await shared.get()
    assert response.status_code == 503
    (error,) = errors_of(response)
    assert (error["code"], error["isSecondaryDataHolderError"]) == (f"{PREFIX}cds-all:Service/Unavailable", True)
    assert (await sharing.get("/energy/accounts")).status_code == 200
    elsewhere = Brand(application, aurora)
    await load_demonstration(application.database, aurora.namespace, 0, file=None, now=application.now)
    assert (await (await elsewhere.share()).get(POINTS)).status_code == 200


async def test_an_error_of_our_own_has_no_flag(hub: ScriptedHub, shared: Shared) -> None:
    """C-D7, section 10 case 6: false or absent when the cause is ours."""
    for response in (
        await shared.get(f"{POINTS}/unknown"),
        await shared.get(params={"page-size": 1001}),
        await shared.get(version="1"),
    ):
        assert response.status_code >= 400
        assert "isSecondaryDataHolderError" not in response.text
