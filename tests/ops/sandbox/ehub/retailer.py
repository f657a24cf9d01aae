"""A retailer that calls the e-Hub, with everything that a correct call has. Tests change single parts of it."""

import base64
import uuid
from collections.abc import Sequence
from typing import Any, Final

import httpx

BASE: Final = "/NEMRetail/cds-au/v1/secondary/energy/electricity/servicepoints"
DISCOVERY: Final = "/NEMRetail/cds-au/v1/discovery"
CHANGE_PASSWORD: Final = "/ws/Common/identityService/v2/ChangePassword"
TOKEN: Final = "/oauth/v1/token"
APPLICATION_ERROR: Final = "InvalidSP-001"


def basic(username: str, password: str) -> str:
    """The value of Authorization for HTTP Basic (RFC 7617 2)."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


class Retailer:
    """The calls of one participant. `http` has its client certificate."""

    def __init__(self, http: httpx.AsyncClient, participant_id: str, username: str, password: str) -> None:
        self.http = http
        self.username, self.password = username, password
        self.headers = {
            "X-initiatingParticipantId": participant_id,
            "Authorization": basic(username, password),
            "x-fapi-interaction-id": str(uuid.uuid4()),
            "x-cds-arrangement": "c0ffee00-0000-4000-8000-000000000001",
        }

    async def service_points(self, nmis: Sequence[str], version: int = 2, **query: Any) -> httpx.Response:
        return await self.post("", nmis, version, **query)

    async def detail(self, nmi: str, version: int = 2) -> httpx.Response:
        return await self.get(f"/{nmi}", version)

    async def usage(self, nmis: Sequence[str], **query: Any) -> httpx.Response:
        return await self.post("/usage", nmis, 1, **query)

    async def usage_of(self, nmi: str, **query: Any) -> httpx.Response:
        return await self.get(f"/{nmi}/usage", 1, **query)

    async def der(self, nmis: Sequence[str], **query: Any) -> httpx.Response:
        return await self.post("/der", nmis, 1, **query)

    async def der_of(self, nmi: str) -> httpx.Response:
        return await self.get(f"/{nmi}/der", 1)

    async def get(self, path: str, version: int, *, headers: dict[str, str] | None = None, **query: Any) -> Any:
        return await self.http.get(f"{BASE}{path}", headers=self._headers(version, headers), params=_parameters(query))

    async def post(
        self, path: str, nmis: Sequence[str], version: int, *, headers: dict[str, str] | None = None, **query: Any
    ) -> Any:
        body = {"data": {"servicePointIds": list(nmis)}, "meta": {}}
        return await self.http.post(
            f"{BASE}{path}", json=body, headers=self._headers(version, headers), params=_parameters(query)
        )

    async def follow(self, link: str, nmis: Sequence[str] = (), version: int = 1) -> httpx.Response:
        """Follow a link of an answer: with POST and the NMIs, or with GET when there are none."""
        headers = self._headers(version, None)
        if not nmis:
            return await self.http.get(link, headers=headers)
        return await self.http.post(link, json={"data": {"servicePointIds": list(nmis)}}, headers=headers)

    async def change_password(self, old: str, new: str, **headers: str) -> httpx.Response:
        body = {name: base64.b64encode(text.encode()).decode() for name, text in _passwords(old, new).items()}
        return await self.http.post(CHANGE_PASSWORD, json=body, headers={"X-market": "NEM", **self.headers, **headers})

    def _headers(self, version: int, changes: dict[str, str] | None) -> dict[str, str]:
        headers = {**self.headers, "x-v": str(version), **(changes or {})}
        return {name: value for name, value in headers.items() if value}


def _parameters(query: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in query.items()}


def _passwords(old: str, new: str) -> dict[str, str]:
    return {"OldPassword": old, "NewPassword": new}


def errors_of(response: httpx.Response, status: int) -> list[dict[str, Any]]:
    """Expect an error payload of the standards with this status, and return its errors."""
    assert response.status_code == status, response.text
    errors: list[dict[str, Any]] = response.json()["errors"]
    assert all(error["code"] and error["title"] and "detail" in error for error in errors)
    return errors


def code_of(response: httpx.Response, status: int) -> str:
    """Expect one error with this status, and return its code without the prefix of the standards."""
    (error,) = errors_of(response, status)
    return str(error["code"]).removeprefix("urn:au-cds:error:cds-all:")
