"""Everything that the sandbox is made of, put together once."""

import httpx

from haas.clock import Clock, clock_from
from haas.jose import SigningKey
from ops.sandbox.arrivals import Arrivals
from ops.sandbox.certificates import Certificates, MutualTls, OpenHttp
from ops.sandbox.jobs import CommandJobs, Jobs
from ops.sandbox.keys import PublishedKeys
from ops.sandbox.mailbox.box import Mailbox
from ops.sandbox.mailbox.smtp import MailServer
from ops.sandbox.once import Once
from ops.sandbox.pinned import PinnedCodes
from ops.sandbox.recipient.books import Books
from ops.sandbox.recipient.hosting import Hosting
from ops.sandbox.recipient.register_client import RegisterClient
from ops.sandbox.recipient.registrar import Registrar
from ops.sandbox.recipient.revocation import RevocationEndpoint
from ops.sandbox.recipient.sharing import Sharing
from ops.sandbox.register.authorisation import RegisterAuthorisation
from ops.sandbox.register.service import Register
from ops.sandbox.seeds import SOFTWARE_PRODUCT_ID, sow
from ops.sandbox.settings import SandboxSettings
from ops.sandbox.store import Store
from ops.sandbox.tenants import Tenants
from ops.sandbox.transport import http_client


class World:
    """The Register, the data recipient and the mailbox of one sandbox, and what they share."""

    sharing: Sharing

    def __init__(
        self, settings: SandboxSettings, *, open_http: OpenHttp | None = None, jobs: Jobs | None = None
    ) -> None:
        """Put the parts together; nothing listens or calls before `start`.

        `open_http` opens HTTP clients (with a certificate, for mutual TLS); `jobs` makes the product work at once.
        """
        self.settings = settings
        self.clock: Clock = clock_from(settings.clock_file)
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store = Store(settings.folder / "sandbox.sqlite")
        self.tenants = Tenants(settings.stack_file)
        self.jobs: Jobs = jobs or CommandJobs(self.tenants)
        self.pinned = PinnedCodes(settings.pinned_codes or settings.folder / "pinned-codes.json")
        self.certificates = Certificates(settings.pki)
        opener = open_http or self._open_http
        self.http = opener(None)
        self.register_origin = settings.origin("register")
        self.recipient_origin = settings.origin("recipient")
        once, keys = Once(self.store), PublishedKeys(self.http, self.clock)
        self.register = Register(self.store, self.clock, self.tenants)
        self.authorisation = RegisterAuthorisation(
            self.register,
            keys,
            once,
            self.clock,
            origin=self.register_origin,
            mtls=settings.origin("mtls.register"),
        )
        self.books = Books(self.store)
        self.mutual_tls = MutualTls(self.certificates, self.books, opener)
        self.hosting = Hosting(self.books, SOFTWARE_PRODUCT_ID)
        self.registrar = Registrar(self.books, self.mutual_tls, self.clock)
        self.notices_arrived = Arrivals()
        self.revocation = RevocationEndpoint(
            self.books, self.register, keys=keys, once=once, clock=self.clock, arrived=self.notices_arrived
        )
        self.mailbox = Mailbox(self.store, self.clock)
        self.mail_server = MailServer(self.mailbox, settings.smtp_port)

    async def start(self) -> None:
        """Sow the first participants and begin to take mail."""
        product = await sow(self.register, self.hosting, self.clock, self.recipient_origin)
        hosted = await self.hosting.product(product.software_product_id)
        if hosted is None:
            raise RuntimeError("the recipient's own software product is not hosted")
        key = SigningKey.from_jwk(hosted.signing_key)
        register = RegisterClient(
            await self.mutual_tls.http(product), key, product.software_product_id, self.clock, self.register_origin
        )
        self.sharing = Sharing(self.books, self.registrar, register, product=product, key=key, clock=self.clock)
        await self.mail_server.start()

    async def stop(self) -> None:
        """Stop taking mail, and close what is open."""
        await self.mail_server.stop()
        await self.mutual_tls.close()
        await self.http.aclose()
        self.store.close()

    def _open_http(self, certificate: tuple[bytes, bytes] | None) -> httpx.AsyncClient:
        return http_client(
            hosts=self.settings.host_map, trusted_roots=self.settings.trusted_roots, certificate=certificate
        )
