"""A stack that uses existing servers instead of starting its own."""

from pathlib import Path

from ops.demonstration import set_up_demonstration
from ops.stack.embedded import running
from ops.stack.options import Options
from tests.support.deployments import PostgresServer


async def test_configured_servers_are_used_instead_of_embedded_ones(
    postgres: PostgresServer, valkey: str, state_folder: Path
) -> None:
    database = await postgres.deployment()
    environment = {
        "HAAS_DATABASE_URL": database.app_url,
        "HAAS_OWNER_DATABASE_URL": database.owner_url,
        "HAAS_OPERATOR_DATABASE_URL": database.operator_url,
        "HAAS_ROLE_PREFIX": database.role_prefix,
        "HAAS_REDIS_URL": valkey,
        "HAAS_SMTP_URL": "smtp://mail.test:25",
    }
    options = Options.from_environment(environment, state=state_folder / "real", port=0)
    async with running(options, set_up_demonstration) as stack:
        assert {"postgres", "valkey"}.isdisjoint(stack.processes())
        assert stack.settings.database_url == database.app_url
        assert stack.settings.redis_url == valkey
        assert stack.settings.smtp_url == "smtp://mail.test:25"
        assert [tenant.slug for tenant in stack.description.tenants] == ["aurora", "banksia"]
