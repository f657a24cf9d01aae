"""Errors of the registry and of provisioning. Each message says what to do next."""

from haas.errors import HaasError


class RegistryError(HaasError):
    """A tenant could not be created, changed or found."""


class InvalidSlug(RegistryError):
    """The slug cannot be used as a label of a host name or as part of a schema name."""


class InvalidName(RegistryError):
    """The name of a brand or retailer is empty, too long, or cannot be shown in one line."""


class InvalidHost(RegistryError):
    """The name cannot be the host of the surface."""


class InvalidChange(RegistryError):
    """A change of a tenant names something that does not exist, or that the tenant cannot have."""


class HostInUse(RegistryError):
    """A host cannot be changed, because data recipients are registered that use its address."""


class TenantExists(RegistryError):
    """Another tenant has the slug or one of the hosts."""


class UnknownTenant(RegistryError):
    """No tenant has that slug."""


class UnknownThemeVersion(RegistryError):
    """The brand has no theme with that number."""


class MissingThemeFile(RegistryError):
    """A theme names a file that was not saved for the brand."""


class TenantIncomplete(RegistryError):
    """The creation or removal of the tenant was interrupted: only a part of the tenant exists."""


class InvalidNode(RegistryError):
    """The database node is unknown or accepts no new tenants."""


class UnknownRegisterEnvironment(RegistryError):
    """No register environment has that id."""


class NotBootstrapped(RegistryError):
    """The database does not contain the control schema and the roles of the deployment yet."""
