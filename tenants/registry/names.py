"""The names a tenant goes by outside its tables: schema, roles and hosts."""

import re
from typing import Final

import msgspec

from haas.database import Namespace
from haas.settings import MAIN_NODE, Settings, SettingsError
from tenants.registry.errors import BadHost, BadSlug
from tenants.schema import CONTROL_SCHEMA

MAXIMUM_SLUG: Final = 32
MAXIMUM_HOST: Final = 200  # leaves room for a label in front
# First labels that the proxy tells surfaces by, and the provider's own console.
RESERVED_SLUGS: Final = frozenset({"admin", "api", "console", "mtls", "www"})
_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,19}")


def checked_slug(slug: str) -> str:
    """Return `slug`, fit to be a DNS label and the end of a schema's name. Raises BadSlug."""
    if len(slug) > MAXIMUM_SLUG or not _SLUG.fullmatch(slug):
        raise BadSlug(
            f"{slug!r} cannot be a slug: use up to {MAXIMUM_SLUG} lower-case letters, digits and single hyphens,"
            " starting with a letter and not ending with a hyphen"
        )
    if slug in RESERVED_SLUGS:
        raise BadSlug(f"{slug!r} is reserved for the platform's own hosts: choose another slug")
    return slug


class Hosts(msgspec.Struct, frozen=True):
    """The host names of a tenant's four surfaces."""

    public: str
    secure: str
    admin: str
    management: str

    @classmethod
    def below(cls, public: str) -> "Hosts":
        """Return the hosts around a public one. A surface is told by `mtls`, `admin` or `api` in front.

        Raises BadHost when `public` is no host name, or one that the proxy would take for another surface.
        """
        if not _HOST.fullmatch(public) or len(public) > MAXIMUM_HOST:
            raise BadHost(f"{public!r} is not a host name: use lower-case labels of letters, digits and hyphens")
        if public.partition(".")[0] in RESERVED_SLUGS:
            raise BadHost(f"{public!r} cannot be a public host: its first label says that it is another surface")
        return cls(public=public, secure=f"mtls.{public}", admin=f"admin.{public}", management=f"api.{public}")


class Roles(msgspec.Struct, frozen=True):
    """The names of a deployment's roles. A cluster's databases share roles, hence the prefix.

    `provisioner` and `app` are the two logins; `owner` owns every object and cannot log in; `control` may use the
    control schema; `console` may too, and alone may use what the provider's console keeps there and the credentials for
    the market; each tenant's role has DML on that tenant's schema alone.
    """

    prefix: str

    def __post_init__(self) -> None:
        """Refuse a prefix that would need quoting or leave no room for a slug."""
        if not _PREFIX.fullmatch(self.prefix):
            raise SettingsError(
                f"HAAS_ROLE_PREFIX {self.prefix!r} cannot begin role names: use a-z, 0-9, _, at most 20, a letter first"
            )

    @property
    def owner(self) -> str:
        """The role that owns the control schema and every tenant's objects. It cannot log in."""
        return f"{self.prefix}_owner"

    @property
    def control(self) -> str:
        """The role that the application takes to use the control schema."""
        return f"{self.prefix}_control"

    @property
    def console(self) -> str:
        """The role that is taken for the console, its sessions, provisioning requests and market credentials."""
        return f"{self.prefix}_console"

    @property
    def app(self) -> str:
        """The application's login. It owns nothing and may do nothing without taking a role."""
        return f"{self.prefix}_app"

    def tenant(self, slug: str) -> str:
        """Return the name of a tenant's role."""
        return f"{self.prefix}_{tenant_schema(slug)}"


def tenant_schema(slug: str) -> str:
    """Return the name of a tenant's schema. Slugs hold no underscore, so that two slugs never share one."""
    return f"tenant_{checked_slug(slug).replace('-', '_')}"


def control_namespace(settings: Settings) -> Namespace:
    """Return the namespace in which the application reads the registry."""
    return Namespace(CONTROL_SCHEMA, Roles(settings.role_prefix).control, MAIN_NODE)


def console_namespace(settings: Settings) -> Namespace:
    """Return the namespace of the console, of provisioning requests and of market credentials."""
    return Namespace(CONTROL_SCHEMA, Roles(settings.role_prefix).console, MAIN_NODE)


def owner_namespace(settings: Settings, tenant: Namespace | None = None) -> Namespace:
    """Return the namespace of provisioning: a tenant's or the control schema, with the role that owns everything."""
    schema, node = (CONTROL_SCHEMA, MAIN_NODE) if tenant is None else (tenant.schema, tenant.node)
    return Namespace(schema, Roles(settings.role_prefix).owner, node)
