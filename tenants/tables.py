"""All tables of both kinds of schema in one import, for the migrations and for tests of the isolation of tenants."""

from tenants.accounts import tables as accounts
from tenants.arrangements import tables as arrangements
from tenants.attempts import tables as attempts
from tenants.audit import tables as audit
from tenants.authentication import tables as authentication
from tenants.availability import tables as availability
from tenants.calls import tables as calls
from tenants.clients import tables as clients
from tenants.corrections import tables as corrections
from tenants.holders import tables as holders
from tenants.housekeeping import tables as housekeeping
from tenants.keys import tables as keys
from tenants.market import tables as market
from tenants.notices import tables as notices
from tenants.operators import tables as operators
from tenants.parties import tables as parties
from tenants.provisioning import tables as provisioning
from tenants.records import tables as records
from tenants.register import tables as register
from tenants.registry import tables as registry
from tenants.retention import tables as retention
from tenants.schema_metadata import control, tenant
from tenants.sources import tables as sources
from tenants.staff import tables as staff
from tenants.tokens import tables as tokens
from tenants.upstream import tables as upstream
from tenants.usage import tables as usage

__all__ = [
    "accounts",
    "arrangements",
    "attempts",
    "audit",
    "authentication",
    "availability",
    "calls",
    "clients",
    "control",
    "corrections",
    "holders",
    "housekeeping",
    "keys",
    "market",
    "notices",
    "operators",
    "parties",
    "provisioning",
    "records",
    "register",
    "registry",
    "retention",
    "sources",
    "staff",
    "tenant",
    "tokens",
    "upstream",
    "usage",
]
