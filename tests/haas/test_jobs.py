"""Jobs reach a worker through the broker; an unreachable broker raises no error."""

import asyncio
from collections.abc import AsyncIterator

import dramatiq
import pytest

from haas.jobs import QUEUE, BrokerLog, Jobs, open_broker


@pytest.fixture
async def broker(valkey: str) -> AsyncIterator[dramatiq.Broker]:
    broker = open_broker(valkey)
    broker.flush_all()
    yield broker
    broker.flush_all()
    broker.close()


async def test_a_message_reaches_its_actor(broker: dramatiq.Broker) -> None:
    done: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def act(*arguments: object) -> None:
        loop.call_soon_threadsafe(done.put_nowait, arguments)

    dramatiq.actor(broker=broker, actor_name="act", queue_name=QUEUE)(act)
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
    worker.start()
    try:
        assert await Jobs(broker).enqueue("act", "aurora", 7)
        async with asyncio.timeout(10):
            assert await done.get() == ("aurora", 7)
    finally:
        await asyncio.to_thread(worker.stop)


async def test_an_unreachable_broker_is_logged_once_and_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    jobs = Jobs(open_broker("redis://127.0.0.1:1/0"))
    for _ in range(3):
        assert not await jobs.enqueue("act", "aurora")
    assert [record.message for record in caplog.records] == ["broker.lost"]
    assert "aurora" not in caplog.text


def test_each_loss_and_each_return_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    log = BrokerLog(settle=0)
    for _ in range(2):
        log.answered()
        log.failed(ConnectionError("redis://u:secret@h"))
        log.failed(TimeoutError())
        log.answered()
        log.answered()
    assert [record.message for record in caplog.records] == ["broker.lost", "broker.returned"] * 2
    assert "secret" not in caplog.text


def test_a_connection_that_finds_the_loss_later_than_the_others_writes_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = BrokerLog(settle=3600)
    log.failed(ConnectionError())
    log.answered()
    log.failed(ConnectionError())
    log.answered()
    assert [record.message for record in caplog.records] == ["broker.lost", "broker.returned"]
