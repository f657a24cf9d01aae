"""A client of the sandbox's control API."""

import re
from typing import Any, Final, Self

import httpx
import msgspec

from ops.browser.errors import Unexpected

WAIT_SECONDS = 60.0
_LINK: Final = re.compile(r"^(https://\S+)\s*$", re.MULTILINE)


class SoftwareProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A software product in the sandbox's Register, with the members that the caller needs."""

    software_product_id: str
    redirect_uris: list[str]


class ClientCertificate(msgspec.Struct, frozen=True, rename={"thumbprint": "x5t#S256"}):
    """A client certificate's chain and key in PEM."""

    certificate: str
    private_key: str
    thumbprint: str


class SandboxControl:
    """Makes the sandbox act as the Register, a recipient or a mailbox. Each method raises Unexpected."""

    def __init__(self, base: str) -> None:
        """`base` is the URL of the API, which uses plain HTTP on a loopback address."""
        self._http = httpx.AsyncClient(base_url=base, timeout=WAIT_SECONDS + 10, trust_env=False)

    async def __aenter__(self) -> Self:
        """Use the API until the block ends."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def add_product(self, *jwks: dict[str, Any], **members: Any) -> SoftwareProduct:
        """Add a software product whose public keys the sandbox publishes."""
        body = {"jwks": list(jwks), **members}
        return msgspec.convert(await self._ask("POST", "/software-products", json=body), SoftwareProduct)

    async def publish_jwks_document(self, product: SoftwareProduct, document: str) -> None:
        """Publish a text as the key set of a product, whatever the text is."""
        path = f"/software-products/{product.software_product_id}/jwks-document"
        await self._ask("PUT", path, json={"document": document})

    async def certificate(self, product: SoftwareProduct, kind: str = "valid") -> ClientCertificate:
        """Issue a client certificate for a product. `kind` is valid, expired, revoked or foreign."""
        path = f"/software-products/{product.software_product_id}/certificates"
        return msgspec.convert(await self._ask("POST", path, json={"kind": kind}), ClientCertificate)

    async def ssa(self, product: SoftwareProduct) -> str:
        """Return a new software statement assertion."""
        return str((await self._ask("GET", f"/software-products/{product.software_product_id}/ssa"))["ssa"])

    async def newest_message(self) -> int:
        """Return the number of the newest message in the mailbox."""
        return int((await self._ask("GET", "/mailbox"))["after"])

    async def code(self, to: str, after: int) -> str:
        """Wait for a one-time password to `to` in a message newer than the message number `after`."""
        seen = after
        while True:
            mail = await self._ask("GET", "/mailbox", params={"to": to, "after": seen, "wait": int(WAIT_SECONDS)})
            if not mail["messages"]:
                raise Unexpected(f"a one-time code to {to} within {WAIT_SECONDS:.0f} s", "no message")
            code = next((message["code"] for message in reversed(mail["messages"]) if message["code"]), None)
            if code is not None:
                return str(code)
            seen = mail["after"]

    async def link(self, to: str, after: int) -> str:
        """Wait for a message to `to` that is newer than the message number `after`, and return the link in it."""
        mail = await self._ask("GET", "/mailbox", params={"to": to, "after": after, "wait": int(WAIT_SECONDS)})
        found = [link for message in mail["messages"] for link in _LINK.findall(message["text"])]
        if not found:
            raise Unexpected(f"a message with a link to {to} within {WAIT_SECONDS:.0f} s", "none")
        return str(found[-1])

    async def codes(self, to: str, after: int) -> set[str]:
        """Return the different one-time passwords to `to` in messages newer than the message number `after`."""
        mail = await self._ask("GET", "/mailbox", params={"to": to, "after": after})
        return {str(message["code"]) for message in mail["messages"] if message["code"]}

    async def notice(self, arrangement_id: str) -> dict[str, Any]:
        """Wait for the holder's signed notice that an arrangement was revoked."""
        asked = {"cdr_arrangement_id": arrangement_id, "wait": int(WAIT_SECONDS)}
        notices: list[dict[str, Any]] = (await self._ask("GET", "/notices", params=asked))["notices"]
        if not notices:
            raise Unexpected(f"a notice of arrangement {arrangement_id} within {WAIT_SECONDS:.0f} s", "none")
        return notices[0]

    async def fail_notices(self, product: SoftwareProduct, failures: int) -> None:
        """Make the next calls of the product's revocation endpoint fail with 503."""
        path = f"/software-products/{product.software_product_id}/revocation-endpoint"
        await self._ask("PUT", path, json={"failures": failures})

    async def poll_register(self) -> None:
        """Make the holder read the Register now."""
        await self._ask("POST", "/register-poll")

    async def ask_as_register(self, method: str, tenant: str, call: str) -> dict[str, Any]:
        """Let the Register call a brand; return the `status` and the `body` of the answer."""
        return await self._ask(method, f"/tenants/{tenant}/{call}")

    async def _ask(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, path, **fields)
        except httpx.HTTPError as error:
            raise Unexpected(f"an answer of the control API to {method} {path}", repr(error)) from error
        if not response.is_success:
            raise Unexpected(f"success of {method} {path}", f"{response.status_code} {response.text[:300]}")
        answer: dict[str, Any] = response.json()
        return answer
