"""The host names and ports of an embedded stack, and the environment variables of its processes."""

import json
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Final

import msgspec

from haas.settings import MASTER_KEY_BYTES, Settings
from ops.files import PUBLIC, write_atomically
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
    f"{label}.{SANDBOX_DOMAIN}"
    for label in ("register", "mtls.register", "recipient", "mailbox", "mtls.retailer", "ehub", "market")
)
ADDRESSES: Final = {f"*.{DOMAIN}": LOOPBACK, f"*.{SANDBOX_DOMAIN}": LOOPBACK}


def application_names(workers: int) -> list[str]:
    """Return the names of the application processes: app, app-2, app-3 and so on."""
    return ["app", *(f"app-{number}" for number in range(2, workers + 1))]


def measured_processes(workers: int) -> dict[str, str]:
    """Return the kind of each process that answers Prometheus, by its name. `proxy` is the supervisor, beside nginx."""
    names = dict.fromkeys(application_names(workers), "application")
    return {**names, "worker": "worker", "schedule": "scheduler", "provisioner": "provisioner", "proxy": "proxy"}


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The ports. They are stored, so that each start uses the same ports."""

    https: int
    control: int
    ehub_control: int
    smtp: int
    nginx_health: int
    metrics: dict[str, int]
    """The port at which each process answers Prometheus, by the name of the process."""
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
            ehub_control=ports.obtain("ehub-control"),
            smtp=ports.obtain("smtp"),
            nginx_health=ports.obtain("nginx-health"),
            metrics={name: ports.obtain(f"metrics-{name}") for name in measured_processes(options.workers)},
            postgres=None if options.database_url else ports.obtain("postgres"),
            valkey=None if options.redis_url else ports.obtain("valkey"),
        )

    @property
    def control_api(self) -> str:
        return f"http://{LOOPBACK}:{self.control}"

    @property
    def ehub_control_api(self) -> str:
        return f"http://{LOOPBACK}:{self.ehub_control}"

    @property
    def smtp_url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.smtp}"

    def metrics_address(self, process: str) -> str:
        """Return the address at which a process answers Prometheus."""
        return f"{LOOPBACK}:{self.metrics[process]}"

    def write_scrape_targets(self, file: Path, workers: int) -> None:
        """Write the addresses of the metrics for Prometheus, which reads the file again when it changes (file_sd)."""
        targets = [
            {"targets": [self.metrics_address(name)], "labels": {"process": kind}}
            for name, kind in measured_processes(workers).items()
        ]
        write_atomically(file, msgspec.json.format(msgspec.json.encode(targets)), PUBLIC)

    def sandbox(self, settings: Settings) -> SandboxDescription:
        return describe_sandbox(
            settings,
            SANDBOX_DOMAIN,
            control=self.control_api,
            ehub_control=self.ehub_control_api,
            smtp=self.smtp_url,
        )

    def variables(self, folder: StateFolder, pki: Pki, servers: dict[str, str]) -> dict[str, str]:
        """Return the `HAAS_` variables of all processes. `servers` has those with the URLs of the servers."""
        return {
            **servers,
            "HAAS_ENVIRONMENT": "sandbox",
            "HAAS_DOMAIN": DOMAIN,
            "HAAS_PUBLIC_PORT": str(self.https),
            "HAAS_SMTP_URL": self.smtp_url,
            "HAAS_SMS_URL": f"https://mailbox.{SANDBOX_DOMAIN}:{self.https}/sms",
            "HAAS_MARKET_STATUS_URI": f"https://ehub.{SANDBOX_DOMAIN}:{self.https}/NEMRetail/cds-au/v1",
            "HAAS_MASTER_KEY_FILE": str(folder.master_key),
            "HAAS_CERTIFICATES": str(folder.certificates),
            "HAAS_UNAVAILABLE_PAGES": str(folder.unavailable_pages),
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

    def ehub_variables(self, folder: StateFolder, variables: dict[str, str]) -> dict[str, str]:
        """Return the variables of the sandbox's e-Hub, which contain no secret of the product."""
        return {
            **{f"HAAS_{name}": variables[f"HAAS_{name}"] for name in ("ENVIRONMENT", "PUBLIC_PORT", "CLOCK_FILE")},
            "HAAS_SANDBOX_FOLDER": str(folder.sandbox),
            "HAAS_SANDBOX_DOMAIN": SANDBOX_DOMAIN,
            "HAAS_SANDBOX_PKI": str(folder.pki),
            "HAAS_EHUB_CONTROL_PORT": str(self.ehub_control),
        }


def ensure_secrets(folder: StateFolder) -> None:
    """Create the master key and the clock file if they do not exist."""
    if not folder.master_key.exists():
        write_atomically(folder.master_key, urlsafe_b64encode(secrets.token_bytes(MASTER_KEY_BYTES)))
    if not folder.clock.exists():
        write_atomically(folder.clock, bytes(8))
