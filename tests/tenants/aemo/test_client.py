"""Requests to AEMO over real mutual TLS: headers, authentication, limits, and what its status codes mean."""

import asyncio
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from haas.circuit_breaker import FAILURES_TO_OPEN
from haas.errors import Unavailable
from haas.shared_values import SharedValues
from tenants.aemo.client import AemoClient, AnswerRefused
from tenants.aemo.slots import MAXIMUM_CONCURRENT
from tenants.aemo.throttle import RATE, BucketState
from tenants.cds.errors import CdsError
from tests.haas.tls_server import Handler, answer_of
from tests.tenants.aemo.conftest import ARRANGEMENT, DETAIL, INTERACTION, POINTS, Hub

BASIC = "Basic " + b64encode(b"CDRUSER:Passw0rd-of-URM").decode()
STATUSES = {"503 Service Unavailable": 503, "500 Oops": 503, "502 Bad Gateway": 503, "301 Moved": 503, "418 Odd": 500}


def headers_of(request: bytes) -> dict[str, str]:
    head = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()


class Held:
    """Answers of the server that are held back until a test releases them."""

    def __init__(self, hub: Hub, answer: bytes) -> None:
        self.arrived, self.answer = asyncio.Semaphore(0), answer
        self._release = asyncio.Event()
        hub.answer = lambda _: self._answered

    async def _answered(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.arrived.release()
        await self._release.wait()
        writer.write(self.answer)
        await writer.drain()

    def release(self) -> None:
        self._release.set()


def refusals(hub: Hub) -> dict[str, float]:
    """Return the metric of refused credentials by its label, without zeros."""
    (metric,) = hub.client.collect()
    return {sample.labels["reason"]: sample.value for sample in metric.samples if sample.value}


async def state_of(hub: Hub, participant_id: str) -> BucketState:
    """Return what all processes share about a participant."""
    found: list[bytes] = []

    def look(stored: bytes | None) -> bytes:
        found[:] = [stored or b""]
        return stored or b""

    await hub.shared.update(f"aemo/pre-production/{participant_id}", look)
    return msgspec.json.decode(found[0], type=BucketState)


async def error_of(hub: Hub, credentials: Any, request: Any = POINTS, **options: Any) -> CdsError:
    with pytest.raises(CdsError) as caught:
        await hub.send(credentials, request, **options)
    return caught.value


async def test_a_request_has_exactly_the_headers_of_the_standards(hub: Hub) -> None:
    """C-A2: no header of the recipient but the interaction id; C-A5: the version; C-A9: no X-market."""
    assert await hub.send(hub.credentials("FRMPHEAD")) == b"{}"
    (request,) = hub.requests
    assert request.startswith(b"POST /NEMRetail/cds-au/v1/secondary/energy/electricity/servicepoints HTTP/1.1\r\n")
    found = headers_of(request)
    for of_the_connection in ("host", "connection", "content-length", "accept-encoding"):
        del found[of_the_connection]
    assert found == {
        "x-v": "2",
        "x-fapi-interaction-id": INTERACTION,
        "x-cds-arrangement": str(ARRANGEMENT),
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": "holder-as-a-service",
        "x-initiatingparticipantid": "FRMPHEAD",
        "authorization": BASIC,
    }


async def test_the_header_of_the_market_is_sent_if_aemo_asks_for_it(hub: Hub) -> None:
    """C-A9: it belongs to other services of AEMO."""
    call = msgspec.structs.replace(hub.call(), market_header="NEM")
    await hub.client.send(hub.credentials(), POINTS, call)
    assert headers_of(hub.requests[0])["x-market"] == "NEM"


async def test_the_subscription_key_is_sent_in_its_mode_only(hub: Hub) -> None:
    """C-A9, A-4: Basic with a subscription key."""
    await hub.send(hub.credentials(mode="basic-with-key", subscription_key="Subscr1ption"))
    await hub.send(hub.credentials())
    with_key, without = map(headers_of, hub.requests)
    assert (with_key["ocp-apim-subscription-key"], with_key["authorization"]) == ("Subscr1ption", BASIC)
    assert "ocp-apim-subscription-key" not in without


async def test_a_token_is_kept_until_shortly_before_it_expires(hub: Hub) -> None:
    """A-4: Bearer by client credentials, 3,599 s."""
    tokens = iter(("first", "second", "third"))

    def answer(request: bytes) -> bytes:
        if b"/oauth/v1/token" not in request:
            return answer_of(b"{}")
        return answer_of(json.dumps({"access_token": next(tokens), "expires_in": 3599}).encode())

    hub.answer = answer
    credentials = hub.credentials(
        mode="bearer", token_uri=f"https://apis.recipient.localhost:{hub.server.port}/oauth/v1/token"
    )
    await asyncio.gather(*(hub.send(credentials) for _ in range(3)))
    hub.clock.move(timedelta(seconds=3_530))
    await hub.send(credentials)
    hub.clock.move(timedelta(seconds=10))  # 59 s before its end
    await hub.send(credentials)
    asked = [request for request in hub.requests if b"/oauth/v1/token" in request]
    assert [headers_of(request)["authorization"] for request in asked] == [BASIC] * 2
    assert asked[0].endswith(b"\r\n\r\ngrant_type=client_credentials")
    sent = [headers_of(request)["authorization"] for request in hub.requests if request not in asked]
    assert sent == ["Bearer first"] * 4 + ["Bearer second"]


async def test_a_refused_token_is_asked_for_again_by_the_next_call(hub: Hub) -> None:
    """A token can be revoked early. The call itself is not repeated: a 401 is never retried."""
    tokens = iter(("revoked", "good"))

    def answer(request: bytes) -> bytes:
        if b"/token" in request:
            return answer_of(json.dumps({"access_token": next(tokens), "expires_in": "3599"}).encode())
        return answer_of(b"{}") if b"Bearer good" in request else answer_of(b"", "401 Unauthorized")

    hub.answer = answer
    credentials = hub.credentials(mode="bearer", token_uri=f"https://apis.recipient.localhost:{hub.server.port}/token")
    assert (await error_of(hub, credentials)).status == 500
    assert await hub.send(credentials) == b"{}"
    assert len(hub.requests) == 4


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b'{"access_token": 1}', b'{"access_token": "t", "expires_in": "soon"}']
)
async def test_an_unreadable_token_answer_is_unavailable(hub: Hub, body: bytes) -> None:
    hub.answer = lambda _: answer_of(body)
    credentials = hub.credentials(mode="bearer", token_uri=f"https://apis.recipient.localhost:{hub.server.port}/token")
    assert (await error_of(hub, credentials)).status == 503


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized"])
async def test_a_refused_client_is_reported_once_and_is_not_passed_on(
    hub: Hub, caplog: pytest.LogCaptureFixture, status: str
) -> None:
    hub.answer = lambda _: answer_of(b'{"error": "invalid_client"}', status)
    credentials = hub.credentials(mode="bearer", token_uri=f"https://apis.recipient.localhost:{hub.server.port}/token")
    for _ in range(2):
        assert (await error_of(hub, credentials)).status == 500
    assert caplog.messages.count("aemo.credentials_refused") == len(hub.requests) == 1
    assert refusals(hub) == {"token": 1, "not-sent": 1}


async def test_refused_credentials_are_not_sent_again_until_they_change(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """A-1, A-6: AEMO locks a user after six wrong tries. C-A20: the recipient sees neither 401 nor 403."""
    hub.answer = lambda _: answer_of(b"", "401 Unauthorized")
    credentials = hub.credentials()
    for _ in range(8):
        assert (await error_of(hub, credentials)).status == 500
    hub.clock.move(timedelta(days=2))
    await error_of(hub, credentials)
    assert len(hub.requests) == 1
    assert caplog.messages.count("aemo.credentials_refused") == 1
    assert refusals(hub) == {"401": 1, "not-sent": 8}
    hub.answer = lambda _: answer_of(b"{}")
    changed = hub.credentials(credentials.participant.id.participant_id, changed_at=hub.clock.now())
    assert await hub.send(changed) == b"{}"


async def test_one_request_of_all_processes_tries_credentials_that_aemo_has_not_accepted(hub: Hub, valkey: str) -> None:
    """A-1: requests of the same moment do not lock the user. When AEMO accepts, all are sent."""
    shared = SharedValues(valkey)
    other = AemoClient(hub.client._http._outbound, hub.clock, shared, processes=2)

    def sending(credentials: Any) -> list[asyncio.Task[bytes]]:
        clients = [hub.client, other] * (MAXIMUM_CONCURRENT + 1)
        return [asyncio.create_task(client.send(credentials, POINTS, hub.call())) for client in clients]

    for answer, sent in ((answer_of(b"", "401 Unauthorized", Connection="close"), 1), (answer_of(b"{}"), 10)):
        hub.server.requests.clear()
        hub.answer = lambda _, answer=answer: answer  # type: ignore[misc]
        found = await asyncio.gather(*sending(hub.credentials()), return_exceptions=True)
        assert {getattr(each, "status", each) for each in found} == {500 if sent == 1 else b"{}"}
        assert len(hub.requests) == sent
    held = Held(hub, answer_of(b"{}", Connection="close"))
    hub.server.requests.clear()
    tasks = sending(hub.credentials())
    await held.arrived.acquire()
    with pytest.raises(CdsError) as caught:
        await other.send(hub.credentials(), POINTS, hub.call(0.3))
    assert caught.value.status == 504
    held.release()
    await asyncio.gather(*tasks)
    await other.close()
    await shared.close()


async def test_the_answer_to_a_trial_is_learned_although_it_is_late(hub: Hub) -> None:
    """A-1: otherwise a wrong password would be sent by each call for which AEMO is too slow."""
    held = Held(hub, answer_of(b"", "401 Unauthorized", Connection="close"))
    credentials = hub.credentials()
    for _ in range(2):  # the second one is not sent, because the trial is in progress
        assert (await error_of(hub, credentials, seconds=0.3)).status == 504
    assert (hub.secondary.requests, hub.secondary.errors) == (1, 1)
    held.release()
    assert (await error_of(hub, credentials)).status == 500
    assert len(hub.requests) == 1


async def test_a_trial_without_a_result_is_repeated_by_the_next_call(hub: Hub) -> None:
    """403, 429 and 5xx say nothing about the password. At the end of the process the trial is given up."""
    credentials = hub.credentials()
    for answer in (answer_of(b"", "403 X"), answer_of(b"", "500 X"), cut):
        hub.answer = lambda _, answer=answer: answer  # type: ignore[misc]
        await error_of(hub, credentials)
    held = Held(hub, b"")
    await error_of(hub, credentials, seconds=0.3)
    await hub.client.close()
    held.release()
    hub.answer = lambda _: answer_of(b"{}")
    assert await hub.send(credentials) == b"{}"
    assert refusals(hub) == {"403": 1}


async def test_a_missing_permission_ends_as_soon_as_aemo_grants_it(hub: Hub) -> None:
    """C-A14, C-A20: 403 says nothing about the password."""
    hub.answer = lambda _: answer_of(b"", "403 Forbidden")
    credentials = hub.credentials()
    error = await error_of(hub, credentials)
    assert (error.status, error.is_of_secondary_holder) == (500, True)
    hub.answer = lambda _: answer_of(b"{}")
    assert await hub.send(credentials) == b"{}"


async def test_nothing_is_sent_while_it_is_unknown_which_password_aemo_accepts(hub: Hub) -> None:
    stopped = msgspec.structs.replace(hub.credentials(), is_stopped=True)
    for credentials in (hub.credentials(next_secret="Next-Passw0rd"), stopped):
        with pytest.raises(Unavailable):
            await hub.send(credentials)
    assert hub.requests == []


@pytest.mark.parametrize(("answered", "status"), STATUSES.items())
async def test_each_failure_of_aemo_has_its_status_and_the_flag(hub: Hub, answered: str, status: int) -> None:
    """C-A19, C-A20. A page in HTML has the same status (L13)."""
    hub.answer = lambda _: answer_of(b"<html>4102000001</html>", answered)
    error = await error_of(hub, hub.credentials())
    assert (error.status, error.is_of_secondary_holder) == (status, True)
    assert "4102000001" not in str(error)


@pytest.mark.parametrize(("handler", "seconds", "status"), [(silent, 0.3, 504), (cut, 30, 503)])
async def test_a_late_answer_and_a_cut_connection_are_told_apart(
    hub: Hub, handler: Handler, seconds: float, status: int
) -> None:
    hub.answer = lambda _: handler
    error = await error_of(hub, hub.credentials(), seconds=seconds)
    assert (error.status, error.is_of_secondary_holder) == (status, True)


async def test_a_port_that_is_closed_is_unavailable(hub: Hub) -> None:
    error = await error_of(hub, hub.credentials(base_uri="https://apis.recipient.localhost:1/NEMRetail"))
    assert (error.status, error.is_of_secondary_holder) == (503, True)


@pytest.mark.parametrize("status", [400, 404, 406, 422])
async def test_a_refusal_of_the_content_keeps_its_errors(hub: Hub, status: int) -> None:
    body = b'{"errors": [{"code": "InvalidSP-1 ", "title": "t", "detail": "4102000001"}]}'
    hub.answer = lambda _: answer_of(body, f"{status} X")
    with pytest.raises(AnswerRefused) as caught:
        await hub.send(hub.credentials())
    assert (caught.value.status, [error.code for error in caught.value.errors]) == (status, ["InvalidSP-1"])
    assert "4102000001" not in str(caught.value)


async def test_only_a_get_request_is_repeated_once_after_a_lost_connection(hub: Hub) -> None:
    """C-A18: at most one retry for GET on connect errors."""

    async def close(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        return

    hub.answer = lambda _: close
    for request, times in ((DETAIL, 2), (POINTS, 1)):
        hub.server.requests.clear()
        assert (await error_of(hub, hub.credentials(), request)).status == 503
        assert len(hub.requests) == times


@pytest.mark.parametrize(("answer", "status"), [("429 Too Many Requests", 429), ("503 Service Unavailable", 503)])
async def test_after_a_throttled_answer_the_participant_pauses_and_others_do_not(
    hub: Hub, answer: str, status: int
) -> None:
    """C-A14, C-D10: no immediate retry, and half the rate; a refused call gets 429 with Retry-After and the flag."""
    hub.answer = lambda _: answer_of(b"", answer)
    credentials = hub.credentials()
    first = await error_of(hub, credentials)
    again = await error_of(hub, credentials, seconds=0.2)
    assert len(hub.requests) == 1
    assert [error.status for error in (first, again)] == [status, 429]
    for error in (first, again) if status == 429 else (again,):
        assert (error.retry_after, error.is_of_secondary_holder) == (1, True)
    participant = credentials.participant.id
    state = await state_of(hub, participant.participant_id)
    assert state.rate == pytest.approx(RATE / 2, rel=0.1)
    hub.answer = lambda _: answer_of(b"{}")
    assert await hub.send(hub.credentials()) == b"{}"
    hub.clock.move(timedelta(seconds=2))
    assert await hub.send(credentials) == b"{}"


async def test_a_circuit_opens_for_one_participant_after_failures_in_a_row(hub: Hub) -> None:
    hub.answer = lambda _: answer_of(b"", "500 Oops")
    credentials = hub.credentials()
    for _ in range(FAILURES_TO_OPEN + 2):
        assert (await error_of(hub, credentials)).status == 503
    assert len(hub.requests) == FAILURES_TO_OPEN


async def test_a_participant_has_at_most_four_requests_at_a_time_and_two_after_a_429(hub: Hub) -> None:
    """C-A15: the number is lowered when AEMO throttles, and rises with the rate."""
    credentials = hub.credentials()
    await hub.send(credentials)
    for allowed in (MAXIMUM_CONCURRENT, MAXIMUM_CONCURRENT // 2, MAXIMUM_CONCURRENT):
        if allowed < MAXIMUM_CONCURRENT:
            hub.answer = lambda _: answer_of(b"", "429 Too Many Requests")
            await error_of(hub, credentials)
            hub.clock.move(timedelta(seconds=4))
        held = Held(hub, answer_of(b"{}", Connection="close"))
        hub.server.requests.clear()
        sending = [asyncio.create_task(hub.send(credentials)) for _ in range(MAXIMUM_CONCURRENT + 2)]
        for _ in range(allowed):
            await held.arrived.acquire()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await held.arrived.acquire()
        assert len(hub.requests) == allowed
        held.release()
        assert await asyncio.gather(*sending) == [b"{}"] * (MAXIMUM_CONCURRENT + 2)
        hub.clock.move(timedelta(minutes=5) if allowed < MAXIMUM_CONCURRENT else timedelta(0))


async def test_the_requests_of_a_call_are_counted_with_their_results(hub: Hub) -> None:
    """C-A22, C-N2."""
    await hub.send(hub.credentials())
    for status in ("429 X", "500 X"):
        hub.answer = lambda _, status=status: answer_of(b"", status)  # type: ignore[misc]
        await error_of(hub, hub.credentials())
    assert (hub.secondary.requests, hub.secondary.rejections, hub.secondary.errors) == (3, 1, 1)


async def test_no_nmi_and_no_secret_reaches_a_log_or_an_error(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """L13. The path of the detail contains an NMI, and so do texts of AEMO."""
    caplog.set_level("DEBUG")
    body = b'{"errors": [{"code": "4102000001", "title": "41020000010", "detail": "4102000001"}]}'
    texts = []
    answers: list[Any] = [answer_of(body, "404 X"), answer_of(body, "429 X"), answer_of(body, "500 X"), cut, silent]
    for each in answers:
        hub.answer = lambda _, each=each: each  # type: ignore[misc]
        with pytest.raises((CdsError, AnswerRefused)) as caught:
            await hub.send(hub.credentials(), DETAIL, seconds=0.3)
        texts += [str(caught.value), repr(caught.value), str(getattr(caught.value, "detail", ""))]
    ours = [record for record in caplog.records if record.name.startswith(("haas", "tenants"))]
    texts += [str(vars(record)) for record in ours]
    assert len(ours) >= 3
    assert [text for text in texts if "410200000" in text or "Passw0rd" in text or BASIC in text] == []
