"""One request to the application, as the proxy hands it on."""

from typing import Any

import httpx
import msgspec

from apps.asgi import HostRouter


class Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes


async def ask(platform: HostRouter, host: str, path: str = "/") -> Answer:
    transport: Any = httpx.ASGITransport(platform)
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
        answer = await client.get(path)
    return Answer(answer.status_code, dict(answer.headers), answer.content)
