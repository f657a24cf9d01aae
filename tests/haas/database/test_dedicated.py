"""Dedicated connections: session-level locks, and the event that is set when the session is lost."""

import asyncio

from haas.database.dedicated import dedicated_connection
from haas.settings import Settings


async def test_a_lost_connection_sets_its_event_and_releases_its_locks(settings: Settings, superuser_url: str) -> None:
    async with (
        dedicated_connection(superuser_url, "test-ender") as ender,
        dedicated_connection(settings.database_url, "test-ended") as connection,
    ):
        assert await connection.try_lock(4711)
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-ended'"
        await ender._fetch(end)
        async with asyncio.timeout(5):
            await connection.lost.wait()
    async with dedicated_connection(settings.database_url, "test") as another:
        assert await another.try_lock(4711)


async def test_a_lock_can_be_held_by_only_one_session(settings: Settings) -> None:
    async with dedicated_connection(settings.database_url, "one") as one:
        assert await one.try_lock(4712)
        async with dedicated_connection(settings.database_url, "other") as other:
            assert not await other.try_lock(4712)
    async with dedicated_connection(settings.database_url, "other") as other:
        assert await other.try_lock(4712)
