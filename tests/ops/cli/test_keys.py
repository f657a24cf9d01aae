"""`haas keys`: rotation, and a key that is compromised."""

from datetime import timedelta

from haas.clock import MovableClock
from haas.database import Database
from ops.deployment import Deployment
from tenants.keys.service import Keyring
from tests.support.commands import Haas


async def test_keys_can_be_rotated_after_the_next_keys_were_published_for_24_hours(
    haas: Haas, deployment: Deployment, database: Database, clock: MovableClock, kestrel: None
) -> None:
    tenant = await deployment.administration.find("kestrel")
    old = await Keyring(database, deployment.sealer, clock).signing_key(tenant, "ES256")
    early = await haas("keys", "rotate", "kestrel")
    assert early.exit_code == 1
    assert "may sign from" in early.output
    try:
        clock.move(timedelta(hours=24))
        assert (await haas("keys", "rotate", "kestrel")).exit_code == 0
        keyring = Keyring(database, deployment.sealer, clock)
        assert (await keyring.signing_key(tenant, "ES256")).kid != old.kid
        assert old.kid in {jwk["kid"] for jwk in await keyring.published_jwks(tenant)}
        clock.move(timedelta(hours=26))
        assert (await haas("keys", "rotate", "kestrel")).exit_code == 0
        listed = (await haas("keys", "list", "kestrel")).output
        assert any("gone" in line and old.kid in line for line in listed.splitlines())
    finally:
        clock.reset()


async def test_a_compromised_key_is_removed_from_the_jwks_at_once(
    haas: Haas, deployment: Deployment, database: Database, clock: MovableClock, kestrel: None
) -> None:
    tenant = await deployment.administration.find("kestrel")
    old = await Keyring(database, deployment.sealer, clock).signing_key(tenant, "PS256")
    assert (await haas("keys", "rotate", "kestrel", "--compromised")).exit_code == 0
    assert old.kid not in {
        jwk["kid"] for jwk in await Keyring(database, deployment.sealer, clock).published_jwks(tenant)
    }


async def test_the_error_for_a_wrong_or_missing_master_key_names_the_variable(haas: Haas, kestrel: None) -> None:
    wrong = await haas("keys", "rotate", "kestrel", "--compromised", HAAS_MASTER_KEY="A" * 43)
    assert wrong.exit_code == 1
    assert "HAAS_MASTER_KEY" in wrong.output
    none = await haas("tenant", "list", HAAS_MASTER_KEY="")
    assert none.exit_code == 1
    assert "HAAS_MASTER_KEY_FILE" in none.output
