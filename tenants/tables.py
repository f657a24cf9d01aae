"""Every table of both schemas, by one import: for migrations and for the tests that hold the schemas apart."""

from tenants.arrangements import tables as arrangements
from tenants.authentication import tables as authentication
from tenants.authorisations import tables as authorisations
from tenants.calls import tables as calls
from tenants.clients import tables as clients
from tenants.energy import tables as energy
from tenants.keys import tables as keys
from tenants.notices import tables as notices
from tenants.parties import tables as parties
from tenants.registry import tables as registry
from tenants.schema import control, tenant
from tenants.tokens import tables as tokens

__all__ = [
    "arrangements",
    "authentication",
    "authorisations",
    "calls",
    "clients",
    "control",
    "energy",
    "keys",
    "notices",
    "parties",
    "registry",
    "tenant",
    "tokens",
]
