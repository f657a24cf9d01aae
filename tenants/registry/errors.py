"""What can go wrong with a tenant as a whole. Each message says what to do next."""

from haas.errors import HaasError


class RegistryError(HaasError):
    """A tenant could not be created, changed or found."""


class BadSlug(RegistryError):
    """A slug that cannot be a host's label and a schema's name."""


class BadHost(RegistryError):
    """A name that cannot be a tenant's public host."""


class TenantExists(RegistryError):
    """The slug or one of the hosts is taken."""


class UnknownTenant(RegistryError):
    """No tenant has that slug."""


class TenantIncomplete(RegistryError):
    """The tenant's creation or removal was interrupted between two database nodes."""


class NodeRefused(RegistryError):
    """The database node is not known, or takes no new tenants."""


class UnknownRegisterEnvironment(RegistryError):
    """No register environment has that id."""


class NotBootstrapped(RegistryError):
    """The database does not hold the control schema and the deployment's roles yet."""
