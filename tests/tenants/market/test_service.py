"""AEMO participants: their secrets are encrypted for one participant and column, and only their retailer uses them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from haas.database import Transaction
from haas.jose import KeySealer, new_key
from ops.deployment import Deployment
from tenants.keys.errors import KeysUnreadable
from tenants.market import service, store
from tenants.market.errors import InvalidParticipant, ParticipantInUse, SecretChangePending, UnknownParticipant
from tenants.market.models import Participant, ParticipantKey, Secrets
from tenants.market.tables import brand_participant, market_participant
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry.models import NewTenant, Tenant
from tenants.registry.names import console_namespace, control_namespace, market_namespace
from tenants.registry.service import Registry
from tenants.registry.tables import brand, retailer

SECRETS = Secrets(secret="Passw0rd-of-URM", key="-----BEGIN PRIVATE KEY-----\nplain\n")


class Market:
    """Two brands of one retailer, one of another, and a participant of the first retailer."""

    def __init__(self, deployment: Deployment, mine: Tenant, sister: Tenant, stranger: Tenant) -> None:
        self._deployment = deployment
        self.sealer = deployment.sealer
        self.now: datetime = deployment.clock.now()
        self.mine, self.sister, self.stranger = mine, sister, stranger
        self.key = ParticipantKey("FRMPMINE", "production")

    def open(self) -> AbstractAsyncContextManager[Transaction]:
        return self._deployment.operator.transaction(console_namespace(self._deployment.settings))

    async def retailer_id(self, tenant: Tenant) -> UUID:
        async with self.open() as tx:
            found: UUID = (await tx.execute(select(brand.c.retailer_id).where(brand.c.id == tenant.id))).scalar_one()
            return found

    async def participant(self, tenant: Tenant, **changes: Any) -> Participant:
        values = {
            "id": self.key,
            "retailer_id": await self.retailer_id(tenant),
            "base_uri": "https://apis.prod.aemo.test:9319/NEMRetail",
            "mode": "basic",
            "username": "MINECDR",
            "certificate": "-----BEGIN CERTIFICATE-----\n",
        }
        return Participant(**{**values, **changes})

    async def put(self, participant: Participant, secrets: Secrets = SECRETS) -> None:
        async with self.open() as tx:
            await service.put(tx, self.sealer, participant, secrets, self.now)

    async def row(self) -> dict[str, Any]:
        async with self.open() as tx:
            return dict(await store.load(tx, self.key))


BRANDS = {"finch": "Finch Pty Ltd", "finch-two": "Finch Pty Ltd", "grebe": "Grebe Pty Ltd"}


@pytest.fixture(scope="module")
async def brands(deployment: Deployment) -> AsyncIterator[dict[str, Tenant]]:
    """The brands of BRANDS that exist, as they were made. They are removed when the module ends."""
    made: dict[str, Tenant] = {}
    yield made
    for slug in made:
        await deployment.administration.remove(slug, actor="tests")


@pytest.fixture
async def market(deployment: Deployment, signing_keys: Any, brands: dict[str, Tenant]) -> AsyncIterator[Market]:
    for slug in BRANDS.keys() - brands.keys():
        new = NewTenant(
            slug=slug, name=slug, retailer=BRANDS[slug], register_environment_id="sandbox", register_brand_id=slug
        )
        brands[slug] = await deployment.provisioner.create(new, actor="tests", signing_keys=next(signing_keys))
    yield Market(deployment, *(brands[slug] for slug in BRANDS))
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        own = select(retailer.c.id).where(retailer.c.legal_name.in_(BRANDS.values()))
        for table in (brand_participant, market_participant):
            await tx.execute(delete(table).where(table.c.retailer_id.in_(own)))
    now = {tenant.slug: tenant for tenant in await deployment.administration.all()}
    for slug in [slug for slug, made in brands.items() if now.get(slug) != made]:
        del brands[slug]
        if slug in now:
            await deployment.administration.remove(slug, actor="tests")


async def test_the_secrets_of_a_participant_are_stored_encrypted_and_can_be_read_again(market: Market) -> None:
    participant = await market.participant(market.mine)
    await market.put(participant)
    kept = await market.row()
    text = repr(kept)
    assert "Passw0rd" not in text
    assert "PRIVATE KEY" not in text
    async with market.open() as tx:
        found = await service.credentials(tx, market.sealer, market.key)
    assert (found.participant, found.secrets, found.changed_at) == (participant, SECRETS, market.now)
    assert "Passw0rd" not in repr(found)


async def test_each_mode_requires_its_own_members_and_refuses_others(market: Market) -> None:
    subscription = msgspec.structs.replace(SECRETS, subscription_key="sub-key")
    token_uri = "https://api.aemo.test/oauth/v1/token"
    with_key = await market.participant(market.mine, mode="basic-with-key")
    bearer = await market.participant(market.mine, mode="bearer", token_uri=token_uri)
    basic = await market.participant(market.mine)
    for participant, secrets in ((with_key, subscription), (bearer, SECRETS), (basic, SECRETS)):
        await market.put(participant, secrets)
        async with market.open() as tx:
            assert (await service.credentials(tx, market.sealer, market.key)).secrets == secrets
    for participant, secrets in (
        (with_key, SECRETS),
        (bearer, subscription),
        (basic, subscription),
        (await market.participant(market.mine, mode="bearer"), SECRETS),
        (await market.participant(market.mine, token_uri=token_uri), SECRETS),
        (await market.participant(market.mine, mode="digest"), SECRETS),
        (await market.participant(market.mine, proxy_uri="http://name:secret@proxy.test"), SECRETS),
        (await market.participant(market.mine, id=ParticipantKey("X", "staging")), SECRETS),  # type: ignore[arg-type]
        (msgspec.structs.replace(basic, retailer_id=uuid4()), SECRETS),
        (basic, msgspec.structs.replace(SECRETS, next_secret="next")),
    ):
        with pytest.raises(InvalidParticipant):
            await market.put(participant, secrets)


@pytest.mark.parametrize("column", ["secret", "key"])
async def test_an_encrypted_secret_cannot_be_decrypted_for_another_participant_or_column(
    market: Market, column: str
) -> None:
    await market.put(await market.participant(market.mine))
    elsewhere = ParticipantKey("FRMPOTHER", "production")
    await market.put(await market.participant(market.mine, id=elsewhere))
    preproduction = ParticipantKey("FRMPMINE", "pre-production")
    await market.put(await market.participant(market.mine, id=preproduction))
    mine = await market.row()
    swapped = {"secret": mine["key"], "key": mine["secret"]}
    for key, values in (
        (elsewhere, {column: mine[column]}),
        (preproduction, {column: mine[column]}),
        (market.key, {column: swapped[column]}),
    ):
        async with market.open() as tx:
            await store.set_secrets(tx, key, values)
        with pytest.raises(KeysUnreadable):
            async with market.open() as tx:
                await service.credentials(tx, market.sealer, key)


async def test_secrets_cannot_be_decrypted_with_another_master_key(market: Market) -> None:
    await market.put(await market.participant(market.mine))
    async with market.open() as tx:
        with pytest.raises(KeysUnreadable, match="HAAS_MASTER_KEY"):
            await service.credentials(tx, KeySealer(new_key()), market.key)


async def test_both_passwords_are_stored_until_the_password_change_is_completed(market: Market) -> None:
    await market.put(await market.participant(market.mine))
    later = market.now + timedelta(days=60)
    async with market.open() as tx:
        await service.begin_secret_change(tx, market.sealer, market.key, "Next-Passw0rd", market.now)
    async with market.open() as tx:
        found = (await service.credentials(tx, market.sealer, market.key)).secrets
        assert (found.secret, found.next_secret) == (SECRETS.secret, "Next-Passw0rd")
        with pytest.raises(SecretChangePending):
            await service.begin_secret_change(tx, market.sealer, market.key, "Yet-another-1", market.now)
    async with market.open() as tx:
        await service.complete_secret_change(tx, market.sealer, market.key, later)
        found_then = await service.credentials(tx, market.sealer, market.key)
    assert (found_then.secrets.secret, found_then.secrets.next_secret) == ("Next-Passw0rd", None)
    assert found_then.changed_at == later
    async with market.open() as tx:
        with pytest.raises(InvalidParticipant, match="no change has begun"):
            await service.complete_secret_change(tx, market.sealer, market.key, later)


async def test_an_abandoned_password_change_keeps_the_old_password(market: Market) -> None:
    await market.put(await market.participant(market.mine))
    async with market.open() as tx:
        await service.begin_secret_change(tx, market.sealer, market.key, "Next-Passw0rd", market.now)
        await service.abandon_secret_change(tx, market.key)
        found = await service.credentials(tx, market.sealer, market.key)
    assert (found.secrets, found.changed_at) == (SECRETS, market.now)


async def test_only_brands_of_the_same_retailer_can_use_a_participant(market: Market) -> None:
    await market.put(await market.participant(market.mine))
    for tenant in (market.mine, market.sister):
        async with market.open() as tx:
            await store.assign(tx, tenant.id, market.key)
            assert await store.participants_of_brand(tx, tenant.id) == [market.key]
    for brand_id in (market.stranger.id, market.mine.id):  # another retailer's, and one that has it already
        with pytest.raises(InvalidParticipant):
            async with market.open() as tx:
                await store.assign(tx, brand_id, market.key)
    with pytest.raises(InvalidParticipant):
        await market.put(await market.participant(market.stranger))
    with pytest.raises(ParticipantInUse):
        async with market.open() as tx:
            await store.remove(tx, market.key)
    async with market.open() as tx:
        for tenant in (market.mine, market.sister):
            await store.unassign(tx, tenant.id, market.key)
        await store.remove(tx, market.key)
    async with market.open() as tx:
        with pytest.raises(UnknownParticipant):
            await store.load(tx, market.key)


async def test_a_participant_is_deleted_with_the_last_brand_of_its_retailer(
    market: Market, deployment: Deployment
) -> None:
    await market.put(await market.participant(market.mine))
    async with market.open() as tx:
        await store.assign(tx, market.mine.id, market.key)
    await deployment.administration.remove(market.mine.slug, actor="tests")
    assert await market.row()
    await deployment.administration.remove(market.sister.slug, actor="tests")
    async with market.open() as tx:
        with pytest.raises(UnknownParticipant):
            await store.load(tx, market.key)


async def test_the_registry_in_memory_contains_no_secret(market: Market, deployment: Deployment) -> None:
    subscription = msgspec.structs.replace(SECRETS, subscription_key="Subscr1ption")
    await market.put(await market.participant(market.mine, mode="basic-with-key"), subscription)
    async with market.open() as tx:
        await store.assign(tx, market.mine.id, market.key)
        await service.begin_secret_change(tx, market.sealer, market.key, "Next-Passw0rd", market.now)
    registry = Registry(deployment.database, deployment.settings, deployment.clock)
    assert await registry.by_slug(market.mine.slug) == market.mine
    held = msgspec.json.encode(registry._snapshot.value.by_slug if registry._snapshot.value else None)
    assert market.mine.slug.encode() in held
    sealed = await market.row()
    secrets = [value.encode() for value in msgspec.structs.asdict(subscription).values() if value] + [b"Next-Passw0rd"]
    secrets += [msgspec.json.encode(sealed[column]).strip(b'"') for column in service.SEALED_COLUMNS]
    assert [secret for secret in secrets if secret in held] == []


def test_every_binary_column_of_a_participant_is_sealed() -> None:
    binary = {column.name for column in market_participant.columns if column.type.python_type is bytes}
    assert binary == set(service.SEALED_COLUMNS)


async def test_the_application_reads_the_credentials_of_a_brand_with_the_role_for_that_only(
    market: Market, deployment: Deployment
) -> None:
    """Decision 0040: not with the role of ordinary requests, and it can change nothing."""
    await market.put(await market.participant(market.mine))
    other = ParticipantKey("FRMPOTHER", "production")
    await market.put(await market.participant(market.mine, id=other))
    async with market.open() as tx:
        await store.assign(tx, market.mine.id, market.key)
    async with deployment.database.transaction(market_namespace(deployment.settings)) as tx:
        (found,) = await service.credentials_of_brand(tx, market.sealer, market.mine.id)
        assert await service.credentials_of_brand(tx, market.sealer, market.sister.id) == []
    assert (found.participant.id, found.secrets, found.is_changing) == (market.key, SECRETS, False)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with deployment.database.transaction(control_namespace(deployment.settings)) as tx:
            await service.credentials_of_brand(tx, market.sealer, market.mine.id)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with deployment.database.transaction(market_namespace(deployment.settings)) as tx:
            await service.replace_secret(tx, market.sealer, market.key, "x", market.now)


async def test_participants_are_listed_without_secrets_and_with_their_brands(market: Market) -> None:
    await market.put(await market.participant(market.mine))
    async with market.open() as tx:
        assert [each.brands for each in await store.summaries(tx) if each.id == market.key] == [[]]
        for tenant in (market.sister, market.mine):
            await store.assign(tx, tenant.id, market.key)
        (found,) = [each for each in await store.summaries(tx) if each.id == market.key]
    assert (found.id, found.retailer, found.brands) == (market.key, "Finch Pty Ltd", ["finch", "finch-two"])
    assert "Passw0rd" not in repr(found)


async def test_the_private_hosts_of_a_participant_are_those_of_its_brands(
    market: Market, deployment: Deployment
) -> None:
    await market.put(await market.participant(market.mine))
    for tenant, host in ((market.mine, "apis.marketnet.test"), (market.sister, "other.marketnet.test")):
        change = TenantChange(private_hosts={host: True})
        await deployment.administration.change(tenant.slug, change, actor="tests", check_theme=lambda _, __: None)
    async with market.open() as tx:
        assert await store.private_hosts(tx, market.key) == frozenset()
        await store.assign(tx, market.mine.id, market.key)
        assert await store.private_hosts(tx, market.key) == {"apis.marketnet.test"}


async def test_a_change_is_stopped_once_and_a_known_secret_ends_it(market: Market) -> None:
    await market.put(await market.participant(market.mine))
    async with market.open() as tx:
        await service.begin_secret_change(tx, market.sealer, market.key, "next", market.now)
        await service.stop_secret_change(tx, market.key, market.now)
    with pytest.raises(SecretChangePending):
        async with market.open() as tx:
            await service.stop_secret_change(tx, market.key, market.now)
    async with market.open() as tx:
        await service.replace_secret(tx, market.sealer, market.key, "known", market.now)
        found = await service.credentials(tx, market.sealer, market.key)
    assert (found.secrets.secret, found.is_changing) == ("known", False)
    assert (await market.row())["change_stopped_at"] is None


async def test_a_brand_uses_a_participant_in_one_environment_only(market: Market) -> None:
    pre_production = ParticipantKey(market.key.participant_id, "pre-production")
    for key in (market.key, pre_production):
        await market.put(await market.participant(market.mine, id=key))
    async with market.open() as tx:
        await store.assign(tx, market.mine.id, market.key)
    with pytest.raises(InvalidParticipant):
        async with market.open() as tx:
            await store.assign(tx, market.mine.id, pre_production)
