"""Valkey refuses a client without the password."""

import pytest
import redis.asyncio


async def test_valkey_requires_its_password(valkey: str) -> None:
    async with redis.asyncio.Redis.from_url(valkey) as client:
        assert await client.ping()
    async with redis.asyncio.Redis.from_url(f"redis://{valkey.rpartition('@')[2]}") as client:
        with pytest.raises(redis.exceptions.AuthenticationError):
            await client.ping()
