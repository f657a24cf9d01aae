"""The host names and ports of an embedded stack, and the environment variables of its processes."""

import json
import secrets
from base64 import urlsafe_b64encode
from typing import Final

import msgspec

from haas.settings import MASTER_KEY_BYTES, Settings
from ops.files import write_atomically
from ops.pki.store import Pki
from ops.stack.description import SandboxDescription, describe_sandbox
from ops.stack.folder import StateFolder
from ops.stack.options import DEFAULT_PORT, Options
from ops.stack.ports import LOOPBACK, Ports
from tenants.registry.surfaces import console_host

DOMAIN: Final = "haas.localhost"
SANDBOX_DOMAIN: Final = "cdr-sandbox.localhost"
CONSOLE_HOST: Final = console_host(DOMAIN)
SANDBOX_HOSTS: Final = tuple(
    f"{label}.{SANDBOX_DOMAIN}" for label in ("register", "mtls.register", "recipient", "mailbox")
)
ADDRESSES: Final = {f"*.{DOMAIN}": LOOPBACK, f"*.{SANDBOX_DOMAIN}": LOOPBACK}


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The ports. They are stored, so that each start uses the same ports."""

    https: int
    control: int
    smtp: int
    nginx_health: int
    postgres: int | None
    valkey: int | None

    @classmethod
    def of(cls, folder: StateFolder, options: Options) -> "Layout":
        """Return the ports of the folder, which are chosen at the first start. Raises StackError if one is in use."""
        ports = Ports(folder.ports)
        return cls(
            https=ports.obtain(
                "https", DEFAULT_PORT if options.port is None else options.port or None, required=bool(options.port)
            ),
            control=ports.obtain("control"),
            smtp=ports.obtain("smtp"),
            nginx_health=ports.obtain("nginx-health"),
            postgres=None if options.database_url else ports.obtain("postgres"),
            valkey=None if options.redis_url else ports.obtain("valkey"),
        )

    @property
    def control_api(self) -> str:
        return f"http://{LOOPBACK}:{self.control}"

    @property
    def smtp_url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.smtp}"

    def sandbox(self, settings: Settings) -> SandboxDescription:
        return describe_sandbox(settings, SANDBOX_DOMAIN, self.control_api, self.smtp_url)

    def variables(self, folder: StateFolder, pki: Pki, servers: dict[str, str]) -> dict[str, str]:
        """Return the `HAAS_` variables of all processes. `servers` has those with the URLs of the servers."""
        return {
            **servers,
            "HAAS_ENVIRONMENT": "sandbox",
            "HAAS_DOMAIN": DOMAIN,
            "HAAS_PUBLIC_PORT": str(self.https),
            "HAAS_SMTP_URL": self.smtp_url,
            "HAAS_SMS_URL": f"https://mailbox.{SANDBOX_DOMAIN}:{self.https}/sms",
            "HAAS_MASTER_KEY_FILE": str(folder.master_key),
            "HAAS_CERTIFICATES": str(folder.certificates),
            "HAAS_CLOCK_FILE": str(folder.clock),
            "HAAS_HOST_MAP": json.dumps(ADDRESSES),
            "HAAS_TRUSTED_ROOTS": str(pki.trusted_roots_file),
            "HAAS_PRESET_CODES": str(folder.sandbox / "preset-codes.json"),
        }

    def sandbox_variables(self, folder: StateFolder, variables: dict[str, str]) -> dict[str, str]:
        """Return the sandbox's variables, which contain no secret of the product."""
        public = ("ENVIRONMENT", "PUBLIC_PORT", "CLOCK_FILE", "HOST_MAP", "TRUSTED_ROOTS", "PRESET_CODES")
        return {
            **{f"HAAS_{name}": variables[f"HAAS_{name}"] for name in public},
            "HAAS_SANDBOX_FOLDER": str(folder.sandbox),
            "HAAS_SANDBOX_CONTROL_PORT": str(self.control),
            "HAAS_SANDBOX_SMTP_PORT": str(self.smtp),
            "HAAS_SANDBOX_DOMAIN": SANDBOX_DOMAIN,
            "HAAS_SANDBOX_PKI": str(folder.pki),
            "HAAS_SANDBOX_STACK_FILE": str(folder.description),
        }


def ensure_secrets(folder: StateFolder) -> None:
    """Create the master key and the clock file if they do not exist."""
    if not folder.master_key.exists():
        write_atomically(folder.master_key, urlsafe_b64encode(secrets.token_bytes(MASTER_KEY_BYTES)))
    if not folder.clock.exists():
        write_atomically(folder.clock, bytes(8))
