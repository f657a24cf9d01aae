"""The other parties of an authorization server: what software products publish, and who they are."""

import asyncio
import base64
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from haas.clock import epoch
from ops.pki.authority import Authority, Validity, chain_pem, name, new_root
from ops.pki.keys import key_to_pem, new_key
from ops.sandbox.jose import SigningKey, sign
from tenants.clients.models import Registration
from tenants.oauth import scopes

HOST: Final = "any.recipients.test"
_DAY: Final = timedelta(days=1)


class Publisher:
    """A real HTTPS server that publishes JSON documents, as the recipients' and the Register's web servers do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._documents: dict[str, tuple[int, bytes]] = {}
        self._server: asyncio.Server | None = None
        self._authority: Authority = new_root(name("Public web test root"), Validity.starting(datetime.now(UTC), _DAY))
        self.requests: list[str] = []
        self.port = 0
        self.root = folder / "publisher-root.pem"
        self.root.write_bytes(self._authority.certificate.public_bytes(Encoding.PEM))

    async def start(self) -> None:
        key = new_key()
        certificate = self._authority.sign_server(HOST, key.public_key(), Validity.starting(datetime.now(UTC), _DAY))
        file = self._folder / "publisher.pem"
        file.write_bytes(chain_pem([certificate]) + key_to_pem(key))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def publish(self, path: str, document: object, *, status: int = 200) -> str:
        """Answer `path` with `document` from now on; return its URL."""
        self._documents[path] = status, msgspec.json.encode(document)
        return f"https://{HOST}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            self.requests.append(path)
            status, body = self._documents.get(path, (404, b"{}"))
            fields = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close"
            writer.write(f"HTTP/1.1 {status} .\r\n{fields}\r\n\r\n".encode() + body)
            await writer.drain()
            writer.close()
            await writer.wait_closed()


class SoftwareProduct:
    """A software product of a data recipient: its keys, what it publishes, and what the Register says of it."""

    def __init__(self, publisher: Publisher, key: SigningKey, register_key: SigningKey) -> None:
        self.publisher, self.key, self._register_key = publisher, key, register_key
        self.software_id = str(uuid4())
        self.base = f"/{self.software_id}"
        self.jwks_uri = publisher.publish(f"{self.base}/jwks", {"keys": [key.public_jwk()]})
        self.redirect_uri = f"https://{HOST}/{self.software_id}/callback"
        self.redirect_uris = (self.redirect_uri, f"{self.redirect_uri}?tenant=one&x=1")

    def statement(self) -> dict[str, Any]:
        """The claims of its software statement, without the dates."""
        return {
            "iss": "cdr-register",
            "legal_entity_id": f"entity-{self.software_id}",
            "legal_entity_name": "Mock Company Pty Ltd",
            "org_id": f"brand-{self.software_id}",
            "org_name": "Mock Company",
            "client_name": "Mock Software",
            "client_description": "Compares energy plans",
            "client_uri": f"https://{HOST}",
            "redirect_uris": list(self.redirect_uris),
            "logo_uri": f"https://{HOST}/logo.png",
            "jwks_uri": self.jwks_uri,
            "revocation_uri": f"https://{HOST}{self.base}/revocation",
            "recipient_base_uri": f"https://{HOST}{self.base}",
            "software_id": self.software_id,
            "software_roles": "data-recipient-software-product",
            "scope": scopes.join((*scopes.RECIPIENT_SCOPES, "bank:accounts.basic:read")),
        }

    def ssa(self, now: datetime, **claims: object) -> str:
        """A software statement that the Register signs now; `None` leaves a claim out."""
        dated = {"iat": epoch(now), "exp": epoch(now) + 600, "jti": str(uuid4())}
        stated = {**self.statement(), **dated, **claims}
        return sign({name: value for name, value in stated.items() if value is not None}, self._register_key)

    def registration(self, **changes: Any) -> Registration:
        """What a brand holds of it once it has registered."""
        statement = {
            name: value for name, value in self.statement().items() if name not in ("iss", "scope", "redirect_uris")
        }
        values: dict[str, Any] = {
            **statement,
            "redirect_uris": self.redirect_uris,
            "scope": scopes.join(scopes.RECIPIENT_SCOPES),
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": self.key.algorithm,
            "grant_types": ("client_credentials", "authorization_code", "refresh_token"),
            "response_types": ("code",),
            "application_type": "web",
            "id_token_signed_response_alg": self.key.algorithm,
            "authorization_signed_response_alg": self.key.algorithm,
            "request_object_signing_alg": self.key.algorithm,
            "software_statement": "an-ssa",
        }
        return Registration(**{**values, **changes})


def client_cert_header(label: str) -> str:
    """The `Client-Cert` header that the proxy sets for a verified certificate; here any bytes stand for its DER."""
    return f":{base64.b64encode(label.encode()).decode()}:"
