"""The credentials for the retailer's own server, encrypted with the tenant's data key."""

from typing import Final

from tenants.keys.credentials import Credentials
from tenants.keys.store import CredentialTable
from tenants.upstream.models import UpstreamCredential
from tenants.upstream.tables import upstream_credential

CREDENTIAL_TABLE: Final = CredentialTable(upstream_credential)
UPSTREAM_CREDENTIALS: Final = Credentials(CREDENTIAL_TABLE, UpstreamCredential, "upstream-credential")
