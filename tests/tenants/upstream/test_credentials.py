"""The credentials of the `upstream` source at the retailer's server, encrypted with the data key of the tenant."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from ops.deployment import Deployment
from tenants.keys.errors import KeysUnreadable
from tenants.registry.models import Tenant
from tenants.upstream.credentials import CREDENTIAL_TABLE, UPSTREAM_CREDENTIALS
from tenants.upstream.models import CredentialKind, UpstreamCredential
from tenants.upstream.tables import upstream_credential


def _credential(deployment: Deployment, kind: CredentialKind, secret: str) -> UpstreamCredential:
    return UpstreamCredential(
        kind=kind, presented=f"{kind}'s public half", secret=secret, changed_at=deployment.clock.now()
    )


async def test_a_credential_is_stored_encrypted_and_can_be_replaced_and_removed(
    deployment: Deployment, tenant: Tenant
) -> None:
    secret = _credential(deployment, "client-secret", "Upstream-S3cret")
    key = _credential(deployment, "client-certificate", "-----BEGIN PRIVATE KEY-----")
    async with deployment.database.transaction(tenant.namespace) as tx:
        for credential in (secret, key):
            await UPSTREAM_CREDENTIALS.save(tx, tenant.id, deployment.sealer, credential)
        stored = repr((await tx.execute(select(upstream_credential))).all())
        assert "S3cret" not in stored
        assert "PRIVATE KEY" not in stored
        for credential in (secret, key):
            found = await UPSTREAM_CREDENTIALS.find(tx, tenant.id, deployment.sealer, credential.kind)
            assert found == credential
            assert credential.secret not in repr(found)
        newer = _credential(deployment, "client-secret", "Newer")
        await UPSTREAM_CREDENTIALS.save(tx, tenant.id, deployment.sealer, newer)
        assert await UPSTREAM_CREDENTIALS.find(tx, tenant.id, deployment.sealer, "client-secret") == newer
        await UPSTREAM_CREDENTIALS.remove(tx, "client-secret")
        assert await UPSTREAM_CREDENTIALS.find(tx, tenant.id, deployment.sealer, "client-secret") is None
        assert await UPSTREAM_CREDENTIALS.find(tx, tenant.id, deployment.sealer, "client-certificate") == key


async def test_a_credential_cannot_be_decrypted_for_another_tenant_or_kind(
    deployment: Deployment, two_tenants: tuple[Tenant, Tenant]
) -> None:
    mine, other = two_tenants
    for tenant in two_tenants:
        async with deployment.database.transaction(tenant.namespace) as tx:
            for kind in ("client-secret", "client-certificate"):
                await UPSTREAM_CREDENTIALS.save(
                    tx, tenant.id, deployment.sealer, _credential(deployment, kind, f"{tenant.slug} {kind}")
                )
    async with deployment.database.transaction(mine.namespace) as tx:
        row = await CREDENTIAL_TABLE.load(tx, "client-secret")
    assert row is not None
    for tenant, kind in ((other, "client-secret"), (mine, "client-certificate")):
        async with deployment.database.transaction(tenant.namespace) as tx:
            moved = update(upstream_credential).where(upstream_credential.c.kind == kind)
            await tx.execute(moved.values(sealed=row["sealed"]))
            with pytest.raises(KeysUnreadable):
                await UPSTREAM_CREDENTIALS.find(tx, tenant.id, deployment.sealer, kind)  # type: ignore[arg-type]


async def test_an_unknown_kind_of_credential_is_refused(deployment: Deployment, tenant: Tenant) -> None:
    with pytest.raises(IntegrityError, match="kind_check"):
        async with deployment.database.transaction(tenant.namespace) as tx:
            await CREDENTIAL_TABLE.save(tx, "password", "x", b"y", deployment.clock.now())
