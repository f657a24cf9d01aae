"""The parts of the sandbox, constructed and connected in one place."""

import httpx

from haas.clock import Clock, clock_from
from ops.sandbox.certificates import Certificates, MutualTls, OpenHttp
from ops.sandbox.events import Events
from ops.sandbox.jobs import ProductJobs
from ops.sandbox.jose import PublicKeys, SigningKey
from ops.sandbox.mailbox.gateway import TextMessageGateways
from ops.sandbox.mailbox.messages import Mailbox
from ops.sandbox.mailbox.smtp import MailServer
from ops.sandbox.preset_codes import PresetCodes
from ops.sandbox.published_keys import PublishedKeys
from ops.sandbox.recipient.hosting import Hosting
from ops.sandbox.recipient.register_api import RegisterApiClient
from ops.sandbox.recipient.registration import ClientRegistration
from ops.sandbox.recipient.revocation import RevocationEndpoint
from ops.sandbox.recipient.sharing import Sharing
from ops.sandbox.recipient.store import RecipientCollections
from ops.sandbox.register.authorisation import RegisterAuthorisation
from ops.sandbox.register.holder_calls import HolderCalls
from ops.sandbox.register.service import Register
from ops.sandbox.retailer.authorisation import RetailerAuthorisation
from ops.sandbox.retailer.data import FOLDER, Retailers
from ops.sandbox.retailer.faults import Faults
from ops.sandbox.retailer.routes import RetailerServer
from ops.sandbox.seed_data import SOFTWARE_PRODUCT_ID, ensure_own_product
from ops.sandbox.settings import SandboxSettings
from ops.sandbox.store import Store
from ops.sandbox.tenants import Tenants
from ops.sandbox.transport import http_client
from ops.sandbox.used_identifiers import UsedIdentifiers


class SandboxServices:
    """The Register, the data recipient, the retailers and the mailbox of one sandbox, and the parts that they share."""

    sharing: Sharing

    def __init__(self, settings: SandboxSettings, *, open_http: OpenHttp | None = None) -> None:
        """Construct the parts; nothing listens or sends requests before `start`.

        `open_http` opens HTTP clients, for mutual TLS with a client certificate.
        """
        self.settings = settings
        self.clock: Clock = clock_from(settings.clock_file)
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store = Store(settings.folder / "sandbox.sqlite")
        self.tenants = Tenants(settings.stack_file)
        self.jobs = ProductJobs(self.tenants)
        self.preset_codes = PresetCodes(settings.preset_codes or settings.folder / "preset-codes.json")
        self.certificates = Certificates(settings.pki)
        opener = open_http or self._open_http
        self.http = opener(None)
        self.register_origin = settings.origin("register")
        self.recipient_origin = settings.origin("recipient")
        used, keys = UsedIdentifiers(self.store), PublishedKeys(self.http, self.clock)
        self.register = Register(self.store, self.clock, self.tenants)
        self.authorisation = RegisterAuthorisation(
            self.register,
            keys,
            used,
            self.clock,
            origin=self.register_origin,
            mtls=settings.origin("mtls.register"),
        )
        self.collections = RecipientCollections(self.store)
        self.mutual_tls = MutualTls(self.certificates, self.collections, opener)
        self.holder_calls = HolderCalls(self.register, self.mutual_tls, self.clock, self.register_origin)
        self.hosting = Hosting(self.collections, SOFTWARE_PRODUCT_ID)
        self.registration = ClientRegistration(self.collections, self.mutual_tls, self.clock)
        self.notice_events = Events()
        self.revocation = RevocationEndpoint(
            self.collections, self.register, keys=keys, used=used, clock=self.clock, events=self.notice_events
        )
        self._keys = keys
        self.retailer_faults = Faults()
        self.retailers = Retailers(settings.folder / FOLDER)
        self.retailer_authorisation = RetailerAuthorisation(self._keys_of_tenant, used, self.clock)
        self.retailer_server = RetailerServer(
            self.retailers, self.retailer_authorisation, self.retailer_faults, self._issuer_of
        )
        self.mailbox = Mailbox(self.store, self.clock)
        self.gateways = TextMessageGateways(self.store, self.clock, self.mailbox, self.http)
        self.mail_server = MailServer(self.mailbox, settings.smtp_port)

    async def start(self) -> None:
        """Create the recipient's own software product if it does not exist, and start to receive mail."""
        product = await ensure_own_product(self.register, self.hosting, self.clock, self.recipient_origin)
        hosted = await self.hosting.product(product.software_product_id)
        if hosted is None:
            raise RuntimeError("the recipient's own software product is not hosted")
        key = SigningKey.from_jwk(hosted.signing_key)
        register = RegisterApiClient(
            await self.mutual_tls.http(product), key, product.software_product_id, self.clock, self.register_origin
        )
        self.sharing = Sharing(
            self.collections, self.registration, register, product=product, key=key, clock=self.clock
        )
        await self.mail_server.start()

    async def stop(self) -> None:
        """Stop receiving mail, and close the connections and the store."""
        await self.mail_server.stop()
        await self.mutual_tls.close()
        await self.http.aclose()
        self.store.close()

    def _issuer_of(self, slug: str) -> str | None:
        tenant = self.tenants.find(slug)
        return None if tenant is None else tenant.issuer

    async def _keys_of_tenant(self, issuer: str, kid: str | None) -> PublicKeys:
        tenant = self.tenants.find(issuer)
        return await self._keys.at((tenant and tenant.jwks_uri) or f"{issuer}/jwks", kid)

    def _open_http(self, certificate: tuple[bytes, bytes] | None) -> httpx.AsyncClient:
        return http_client(
            hosts=self.settings.host_map, trusted_roots=self.settings.trusted_roots, certificate=certificate
        )
