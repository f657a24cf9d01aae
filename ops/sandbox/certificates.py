"""Client certificates of software products, issued by the test certificate authorities."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import httpx

from ops.pki.clients import IssuedClient
from ops.pki.store import Pki
from ops.sandbox.recipient.records import ClientCertificate
from ops.sandbox.recipient.store import RecipientCollections
from ops.sandbox.register.models import SoftwareProduct

Kind = Literal["valid", "expired", "revoked", "foreign"]
ENFORCEMENT_TIMEOUT_SECONDS = 15.0
OpenHttp = Callable[[tuple[bytes, bytes] | None], httpx.AsyncClient]


class Certificates:
    """Issues client certificates: valid certificates, and certificates that the proxy must refuse."""

    def __init__(self, folder: Path) -> None:
        """Use the authorities in `folder`."""
        self._folder = folder
        self._pki: Pki | None = None

    async def issue(self, product: SoftwareProduct, kind: Kind = "valid", csr: bytes | None = None) -> IssuedClient:
        """Issue a certificate for `product`, with a new key or from a CSR in PEM. Raises PkiError.

        A revoked certificate is returned after the proxy has loaded its revocation. Raises TimeoutError.
        """
        issued = await asyncio.to_thread(self._issue, product, kind, csr)
        if kind == "revoked" and self._pki is not None:
            async with asyncio.timeout(ENFORCEMENT_TIMEOUT_SECONDS):
                await self._pki.until_enforced()
        return issued

    def _issue(self, product: SoftwareProduct, kind: Kind, csr: bytes | None) -> IssuedClient:
        if self._pki is None:
            self._pki = Pki(self._folder)
        issued = self._pki.issue_client(
            product.software_product_id, product.name, csr=csr, expired=kind == "expired", foreign=kind == "foreign"
        )
        if kind == "revoked":
            self._pki.revoke(issued.serial)
        return issued


class MutualTls:
    """One HTTP client for each software product that the sandbox acts for, with the product's client certificate."""

    def __init__(self, certificates: Certificates, collections: RecipientCollections, open_http: OpenHttp) -> None:
        """Keep certificates in `collections`; `open_http` opens a client with a chain and key in PEM."""
        self._certificates = certificates
        self._collections = collections
        self._open = open_http
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._lock = asyncio.Lock()

    async def http(self, product: SoftwareProduct) -> httpx.AsyncClient:
        """Return the client of `product`. Its certificate is issued at the first use."""
        async with self._lock:
            client = self._clients.get(product.software_product_id)
            if client is None:
                certificate = await self._certificate(product)
                client = self._open((certificate.chain.encode(), certificate.key.encode()))
                self._clients[product.software_product_id] = client
            return client

    async def close(self) -> None:
        """Close every client."""
        for client in self._clients.values():
            await client.aclose()

    async def _certificate(self, product: SoftwareProduct) -> ClientCertificate:
        stored = await self._collections.certificates.get(product.software_product_id)
        if stored is None:
            issued = await self._certificates.issue(product)
            stored = ClientCertificate(issued.certificate, issued.key or "")
            await self._collections.certificates.put(product.software_product_id, stored)
        return stored
