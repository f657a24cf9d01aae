"""A tenant's keys: encrypted for the tenant, published before and after they sign, and deleted at the end."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Table, select
from sqlalchemy.exc import IntegrityError

from haas.clock import MovableClock
from haas.database import Database
from haas.jose import KeySealer, SigningKey, new_key
from ops.deployment import Deployment
from tenants.keys import rotation, store
from tenants.keys.errors import KeyMissing, KeysUnreadable, KeyTooNew
from tenants.keys.service import FRESH_FOR, Keyring
from tenants.keys.tables import data_key, derivation_key, signing_key
from tenants.registry.models import Tenant


async def _rows(database: Database, tenant: Tenant) -> list[store.KeyRow]:
    async with database.transaction(tenant.namespace) as tx:
        return await store.signing_keys(tx)


async def test_a_new_tenant_has_signing_keys_and_derivation_keys(keyring: Keyring, tenant: Tenant) -> None:
    published = await keyring.published_jwks(tenant)
    assert sorted(jwk["alg"] for jwk in published) == ["ES256", "ES256", "PS256", "PS256"]
    assert not any({"d", "p", "q"} & set(jwk) for jwk in published)
    for algorithm in ("PS256", "ES256"):
        key = await keyring.signing_key(tenant, algorithm)
        assert key.public_jwk() in published
    siv = await keyring.resource_id_cipher(tenant)
    assert siv.reveal(siv.conceal("account-1", "product"), "product") == "account-1"
    assert len(await keyring.subject_key(tenant)) == 32


async def test_two_tenants_have_different_derivation_keys(keyring: Keyring, two_tenants: tuple[Tenant, Tenant]) -> None:
    first, second = two_tenants
    assert await keyring.subject_key(first) != await keyring.subject_key(second)
    assert (await keyring.resource_id_cipher(first)).conceal("1") != (await keyring.resource_id_cipher(second)).conceal(
        "1"
    )


async def test_private_keys_are_stored_encrypted(database: Database, tenant: Tenant, keyring: Keyring) -> None:
    key = await keyring.signing_key(tenant, "ES256")
    private = key.private_jwk()["d"].encode()
    for row in await _rows(database, tenant):
        assert row.sealed is not None
        assert private not in row.sealed
        assert "d" not in row.public_jwk


@pytest.mark.parametrize("table", [data_key, derivation_key, signing_key], ids=lambda table: table.name)
async def test_keys_copied_from_another_tenant_cannot_be_decrypted(
    deployment: Deployment, two_tenants: tuple[Tenant, Tenant], table: Table
) -> None:
    mine, other = two_tenants
    async with deployment.database.transaction(other.namespace) as tx:
        rows = [dict(row) for row in (await tx.execute(select(table))).mappings()]
    async with deployment.database.transaction(mine.namespace) as tx:
        await tx.execute(table.delete())
        await tx.execute(table.insert(), rows)
    keyring = Keyring(deployment.database, deployment.sealer, deployment.clock)
    with pytest.raises(KeysUnreadable):
        await keyring.signing_key(mine, "ES256")


async def test_the_error_for_a_wrong_master_key_names_its_variable(deployment: Deployment, tenant: Tenant) -> None:
    keyring = Keyring(deployment.database, KeySealer(new_key()), deployment.clock)
    with pytest.raises(KeysUnreadable, match="HAAS_MASTER_KEY"):
        await keyring.published_jwks(tenant)


async def test_a_rotated_key_is_published_then_removed_and_then_deleted(
    deployment: Deployment, tenant: Tenant, keyring: Keyring, clock: MovableClock
) -> None:
    first = await keyring.signing_key(tenant, "PS256")
    with pytest.raises(KeyTooNew):
        await keyring.rotate(tenant)
    clock.move(rotation.PUBLISHED_BEFORE_USE)
    waiting = {row.kid for row in await _rows(deployment.database, tenant) if row.state == "next"}
    await keyring.rotate(tenant)
    second = await keyring.signing_key(tenant, "PS256")
    assert second.kid in waiting
    kids = {jwk["kid"] for jwk in await keyring.published_jwks(tenant)}
    assert {first.kid, second.kid} < kids
    assert len(kids) == 6

    clock.move(rotation.PUBLISHED_AFTER_USE - timedelta(minutes=1))
    assert first.kid in {jwk["kid"] for jwk in await keyring.published_jwks(tenant)}
    clock.move(timedelta(minutes=1))
    assert first.kid not in {jwk["kid"] for jwk in await keyring.published_jwks(tenant)}

    async with deployment.database.transaction(tenant.namespace) as tx:
        forgotten = await rotation.delete_retired_keys(tx, clock.now())
    assert first.kid in forgotten
    row = next(row for row in await _rows(deployment.database, tenant) if row.kid == first.kid)
    assert (row.state, row.sealed) == ("gone", None)


async def test_derived_ids_stay_the_same_after_a_rotation(deployment: Deployment, tenant: Tenant) -> None:
    before, after = (Keyring(deployment.database, deployment.sealer, deployment.clock) for _ in range(2))
    identifier = (await before.resource_id_cipher(tenant)).conceal("account-1", "product")
    subject = await before.subject_key(tenant)
    await before.rotate(tenant, compromised=True)
    assert (await after.resource_id_cipher(tenant)).reveal(identifier, "product") == "account-1"
    assert await after.subject_key(tenant) == subject


async def test_concurrent_rotations_run_one_after_the_other(
    deployment: Deployment, tenant: Tenant, keyring: Keyring
) -> None:
    await asyncio.gather(*(keyring.rotate(tenant, compromised=True) for _ in range(3)))
    states = sorted((row.algorithm, row.state) for row in await _rows(deployment.database, tenant))
    assert states == [
        (algorithm, state) for algorithm in ("ES256", "PS256") for state in ["current", "gone", "gone", "gone", "next"]
    ]


async def test_a_compromised_key_is_removed_from_the_jwks_and_deleted_at_once(
    deployment: Deployment, tenant: Tenant, keyring: Keyring
) -> None:
    old = await keyring.signing_key(tenant, "ES256")
    await keyring.rotate(tenant, compromised=True)
    assert old.kid not in {jwk["kid"] for jwk in await keyring.published_jwks(tenant)}
    row = next(row for row in await _rows(deployment.database, tenant) if row.kid == old.kid)
    assert row.sealed is None


async def test_a_second_current_key_of_an_algorithm_is_refused(deployment: Deployment, tenant: Tenant) -> None:
    key = SigningKey.generate("ES256")
    row = {
        "kid": key.kid,
        "algorithm": "ES256",
        "state": "current",
        "public_jwk": key.public_jwk(),
        "sealed": msgspec.json.encode({}),
        "created_at": deployment.clock.now(),
        "state_at": deployment.clock.now(),
    }
    with pytest.raises(IntegrityError):
        async with deployment.database.transaction(tenant.namespace) as tx:
            await store.insert(tx, row)


@pytest.mark.parametrize(
    ("table", "missing"),
    [(data_key, "no data key"), (derivation_key, "derivation key"), (signing_key, "no current ES256 key")],
    ids=lambda value: getattr(value, "name", None),
)
async def test_the_error_for_a_missing_key_names_it(
    deployment: Deployment, tenant: Tenant, keyring: Keyring, table: Table, missing: str
) -> None:
    async with deployment.database.transaction(tenant.namespace) as tx:
        await tx.execute(table.delete())
    with pytest.raises(KeyMissing, match=missing):
        await keyring.signing_key(tenant, "ES256")


async def test_a_rotation_without_a_next_key_changes_nothing(
    deployment: Deployment, tenant: Tenant, keyring: Keyring
) -> None:
    async with deployment.database.transaction(tenant.namespace) as tx:
        await tx.execute(signing_key.delete().where(signing_key.c.state == "next", signing_key.c.algorithm == "ES256"))
    with pytest.raises(KeyMissing, match="no next ES256 key"):
        await keyring.rotate(tenant, compromised=True)
    assert {row.state for row in await _rows(deployment.database, tenant)} == {"current", "next"}


async def test_keys_are_cached_for_half_a_minute(
    deployment: Deployment, tenant: Tenant, keyring: Keyring, clock: MovableClock
) -> None:
    elsewhere = Keyring(deployment.database, deployment.sealer, deployment.clock)
    first = await keyring.signing_key(tenant, "PS256")
    await elsewhere.rotate(tenant, compromised=True)
    assert await keyring.signing_key(tenant, "PS256") is first
    try:
        clock.move(FRESH_FOR)
        second = await keyring.signing_key(tenant, "PS256")
        assert second.kid != first.kid
        clock.move(FRESH_FOR)
        assert await keyring.signing_key(tenant, "PS256") is second, "a decrypted key is not decrypted again"
    finally:
        clock.reset()
