"""The names of schemas, database roles and hosts, and the namespaces in which transactions run."""

import re
from typing import Final

import msgspec

from haas.database import Namespace
from haas.mail import is_header_text
from haas.settings import MAIN_NODE, Settings, SettingsError
from tenants.registry.errors import InvalidHost, InvalidName, InvalidSlug
from tenants.registry.surfaces import FIRST_LABELS, TenantSurface
from tenants.schema_metadata import CONTROL_SCHEMA

MAXIMUM_SLUG: Final = 32
MAXIMUM_NAME: Final = 120
MAXIMUM_HOST: Final = 253  # RFC 1035 2.3.4, without the length octets and the final dot
MAXIMUM_PUBLIC_HOST: Final = 200  # leaves room for one more label at the front
RESERVED_SLUGS: Final = frozenset({*FIRST_LABELS.values(), "www"})
_TENANT: Final = "tenant_"
_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,19}")


def checked_slug(slug: str) -> str:
    """Return `slug` if it can be a DNS label and the end of a schema name. Raise InvalidSlug otherwise."""
    if len(slug) > MAXIMUM_SLUG or not _SLUG.fullmatch(slug):
        raise InvalidSlug(
            f"{slug!r} cannot be a slug: use up to {MAXIMUM_SLUG} lower-case letters, digits and single hyphens,"
            " starting with a letter and not ending with a hyphen"
        )
    if slug in RESERVED_SLUGS:
        raise InvalidSlug(f"{slug!r} is reserved for the platform's own hosts: choose another slug")
    return slug


def checked_name(name: str) -> str:
    """Return `name` if it can be the name of a brand or retailer, which pages and messages show. Raise InvalidName."""
    if name != name.strip() or len(name) > MAXIMUM_NAME or not is_header_text(name):
        raise InvalidName(
            f"{name!r} cannot be a name: use one line of 1 to {MAXIMUM_NAME} printable characters, without '=?' and"
            " without spaces at its ends"
        )
    return name


def checked_host(surface: TenantSurface, name: str) -> str:
    """Return `name` if it can be the host of a tenant's surface. Raise InvalidHost otherwise.

    The first label must be the one by which the proxy recognises the surface (decision 0001).
    """
    required = FIRST_LABELS.get(surface)
    if not _HOST.fullmatch(name) or len(name) > (MAXIMUM_PUBLIC_HOST if required is None else MAXIMUM_HOST):
        raise InvalidHost(f"{name!r} is not a host name: use lower-case labels of letters, digits and hyphens")
    first = name.partition(".")[0]
    if required is None and first in RESERVED_SLUGS:
        raise InvalidHost(f"{name!r} cannot be a public host: its first label is reserved for another surface")
    if required is not None and first != required:
        raise InvalidHost(
            f"{name!r} cannot be the {surface} host: its first label must be {required!r}, as in {required}.{name}"
        )
    return name


class Hosts(msgspec.Struct, frozen=True):
    """The host names of a tenant's four surfaces."""

    public: str
    secure: str
    admin: str
    management: str

    @classmethod
    def from_public_host(cls, public: str) -> "Hosts":
        """Return the hosts of a tenant whose public host is `public`. The others add `mtls`, `admin` or `api` in front.

        Raise InvalidHost when `public` is not a host name, or when the proxy uses its first label for another surface.
        """
        checked_host("public", public)
        return cls(
            public=public,
            secure=f"{FIRST_LABELS['secure']}.{public}",
            admin=f"{FIRST_LABELS['admin']}.{public}",
            management=f"{FIRST_LABELS['management']}.{public}",
        )


class Roles(msgspec.Struct, frozen=True):
    """The names of the database roles of a deployment. All databases of a cluster share roles, hence the prefix.

    `provisioner`, `app`, `operator` and `backup` are the logins. `owner` owns every object and cannot log in.
    `control`, `market`, `market_change` and `console` may use the control schema. `app` may take `control`, and two
    roles for the credentials for AEMO: the application reads them, and a worker changes passwords. Only `operator` may
    take `console`, the role for the tables of the provider's console, the requests to the provisioner and the
    participants at AEMO. Both may take the role of each tenant, which may read and write rows of that tenant's schema
    only. `backup` may take `reader`, which may read every table of the deployment and change none.
    """

    prefix: str

    def __post_init__(self) -> None:
        """Raise SettingsError when the prefix would need quoting or is too long to be followed by a slug."""
        if not _PREFIX.fullmatch(self.prefix):
            raise SettingsError(
                f"HAAS_ROLE_PREFIX {self.prefix!r} is invalid: use at most 20 characters a-z, 0-9 and _, a letter first"
            )

    @property
    def owner(self) -> str:
        """The role that owns the control schema and the objects of every tenant. It cannot log in."""
        return f"{self.prefix}_owner"

    @property
    def control(self) -> str:
        """The role with which the application uses the control schema."""
        return f"{self.prefix}_control"

    @property
    def console(self) -> str:
        """The role for operators and their sessions, provisioning requests and credentials for AEMO."""
        return f"{self.prefix}_console"

    @property
    def market(self) -> str:
        """The role with which the application reads the credentials for AEMO. It may read nothing else."""
        return f"{self.prefix}_market"

    @property
    def market_change(self) -> str:
        """The role with which a worker changes the passwords at AEMO. It may change nothing else."""
        return f"{self.prefix}_market_change"

    @property
    def app(self) -> str:
        """The login of the application. It owns nothing and has no privileges until a transaction sets a role."""
        return f"{self.prefix}_app"

    @property
    def operator(self) -> str:
        """The login of the operator's commands. Like `app`, it has no privileges until a transaction sets a role."""
        return f"{self.prefix}_operator"

    @property
    def backup(self) -> str:
        """The login of backups. A deployment without backups by `haas backup` need not have it."""
        return f"{self.prefix}_backup"

    @property
    def reader(self) -> str:
        """The role with which a backup reads all tables. It may change nothing."""
        return f"{self.prefix}_reader"

    def tenant(self, slug: str) -> str:
        """Return the name of the role of a tenant. Raise InvalidSlug."""
        return f"{self.prefix}_{tenant_schema(slug)}"

    @property
    def every_tenant(self) -> str:
        """The beginning of the name of every tenant's role. No other role of the deployment has it."""
        return f"{self.prefix}_{_TENANT}"


def tenant_schema(slug: str) -> str:
    """Return the name of the schema of a tenant. Slugs contain no underscore, so two slugs never have the same schema.

    Raise InvalidSlug.
    """
    return f"{_TENANT}{checked_slug(slug).replace('-', '_')}"


def control_namespace(settings: Settings) -> Namespace:
    """Return the control schema with the role of ordinary requests."""
    return Namespace(CONTROL_SCHEMA, Roles(settings.role_prefix).control, MAIN_NODE)


def market_namespace(settings: Settings) -> Namespace:
    """Return the control schema with the role that may only read the participants of AEMO with their credentials."""
    return Namespace(CONTROL_SCHEMA, Roles(settings.role_prefix).market, MAIN_NODE)


def market_change_namespace(settings: Settings) -> Namespace:
    """Return the control schema with the role that may also change the passwords of participants."""
    return Namespace(CONTROL_SCHEMA, Roles(settings.role_prefix).market_change, MAIN_NODE)


def console_namespace(settings: Settings) -> Namespace:
    """Return the control schema with the role of the console: provisioning requests, credentials for AEMO."""
    return Namespace(CONTROL_SCHEMA, Roles(settings.role_prefix).console, MAIN_NODE)


def owner_namespace(settings: Settings, tenant: Namespace | None = None) -> Namespace:
    """Return the schema of `tenant`, or the control schema if it is None, with the role that owns all objects."""
    schema, node = (CONTROL_SCHEMA, MAIN_NODE) if tenant is None else (tenant.schema, tenant.node)
    return Namespace(schema, Roles(settings.role_prefix).owner, node)
