"""An application with long responses: /whole/N and /broken/N are streams of N pieces of 64 KiB.

/buffered/N and /not-buffered/N are given to the server in one piece.
"""

import os
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get

from apps.http.json_responses import NOT_BUFFERED
from apps.http.streaming import StreamedResponse

PIECE = b'"' + b"a" * (64 * 1024 - 3) + b'",'
END = b"null]"


class Context:
    error = ""


class Source:
    """Counts the sources that were closed."""

    closed = 0

    async def aclose(self) -> None:
        Source.closed += 1


async def pieces(number: int, *, broken: bool) -> AsyncGenerator[bytes, None]:
    yield b"["
    for _ in range(number):
        yield PIECE
    if broken:
        raise OSError("the source has broken off")
    yield END


@get("/{kind:str}/{number:int}")
async def stream(request: Request[Any, Any, Any], kind: str, number: int) -> Response[bytes]:
    context: Any = Context()
    return StreamedResponse(context, pieces(number, broken=kind == "broken"), Source(), {"x-v": "1"})


@get(["/buffered/{number:int}", "/not-buffered/{number:int}"], sync_to_thread=False)
def whole(request: Request[Any, Any, Any], number: int) -> Response[bytes]:
    headers = NOT_BUFFERED if request.url.path.startswith("/not") else {}
    return Response(b"[" + PIECE * number + END, headers=headers)


@get("/state", sync_to_thread=False)
def state() -> bytes:
    status = dict(_fields(Path(f"/proc/{os.getpid()}/status").read_text()))
    return msgspec.json.encode({"closed": Source.closed, "kilobytes": int(status["VmRSS"].split()[0])})


def _fields(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        yield name, value


def create() -> Litestar:
    return Litestar([stream, whole, state], openapi_config=None, logging_config=None)
