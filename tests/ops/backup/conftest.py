"""Two brands with consents, their backup, and their loss."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from haas.progress import NO_PROGRESS
from ops.backup.keys import IDENTITY, VERIFICATION_KEY, make_keys, read_identities, read_verification_key
from ops.backup.manifest import open_backup
from ops.demonstration.themes import AURORA
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from tenants.provisioning.models import NewProvisionRequest
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.store import add_request
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry.models import ThemeFile
from tenants.registry.names import console_namespace
from tests.support.application import KeySets, open_application
from tests.support.backups import BackupKeys, Lost, all_rows, backing_up, backup_url, empty_cluster, restoring
from tests.support.clients import new_product, registered_client
from tests.support.commands import Haas
from tests.support.consents import consent
from tests.support.customers import Consumer, CustomerData
from tests.support.deployments import PostgresServer, open_deployment
from tests.support.https_server import HttpsServer
from themes.tokens import check_theme, theme_to_json

KESTREL, MERLIN = "kestrel", "merlin"
FONT = bytes(range(256)) * 40


@pytest.fixture(scope="package")
async def web(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HttpsServer]:
    async with HttpsServer(tmp_path_factory.mktemp("web")).serving() as server:
        yield server


@pytest.fixture(scope="package")
async def lost(
    postgres: PostgresServer,
    valkey: str,
    web: HttpsServer,
    signing_keys: KeySets,
    tmp_path_factory: pytest.TempPathFactory,
) -> Lost:
    """A deployment with two brands. One has a consent with tokens. It was backed up, and everything was lost."""
    folder = tmp_path_factory.mktemp("backups")
    made = BackupKeys(folder / "keys")
    make_keys(made.folder)
    async with (
        open_deployment(postgres, valkey, folder) as deployment,
        open_application(deployment, web, signing_keys) as application,
    ):
        kestrel = await application.new_tenant(KESTREL)
        await application.new_tenant(MERLIN)
        change = TenantChange(theme=theme_to_json(AURORA))
        await deployment.administration.change(KESTREL, change, actor="tests", check_theme=check_theme)
        # A draft with a font comes after the version that is published.
        font = ThemeFile(digest=sha256(FONT).hexdigest(), media_type="font/woff2", content=FONT)
        draft = theme_to_json(AURORA) | {"font_regular": font.digest}
        await deployment.administration.save_theme(
            KESTREL, draft, files=[font], note="with a font", actor="tests", check_theme=check_theme
        )
        product = new_product(application)
        client = await registered_client(application, kestrel, product)
        customers = CustomerData(application.database, kestrel, application.services.clock.now)
        login_id, _ = await customers.add_login()
        customer_id = await customers.add_customer("Mia Wong", login_id)
        account = await customers.add_account("Home", customer_id, summary=[])
        tokens = await consent(application, kestrel, client, Consumer(login_id, customer_id, [account]))
        listed = await client.resource("/energy/accounts", tokens.access_token, version=2)
        account_ids = [each["accountId"] for each in listed.json()["data"]["accounts"]]
        assert account_ids
        jwks = (await client.http.get(f"{kestrel.issuer}/jwks")).json()
        await _leave_open(deployment)
        haas = backing_up(deployment.settings, await backup_url(postgres.superuser_url, deployment.settings))
        done = await haas("backup", "create", str(folder / "made"), *made.writing)
        assert done.exit_code == 0, done.output
        backup = Path(done.stdout.strip())
        opened = open_backup(backup, read_verification_key(made.folder / VERIFICATION_KEY), NO_PROGRESS)
        return Lost(
            settings=deployment.settings,
            backup=backup,
            manifest=opened.manifest,
            contents=opened.contents(read_identities(made.folder / IDENTITY)),
            keys=made,
            rows=await all_rows(postgres.superuser_url, deployment.settings.role_prefix),
            product=product,
            client_id=client.client_id,
            tokens=tokens,
            subject=(await client.userinfo(tokens.access_token))["sub"],
            jwks=jwks,
            account_ids=account_ids,
        )


async def _leave_open(deployment: Deployment) -> None:
    """Leave a tenant half created, and a request to the provisioner that was not executed yet."""
    asked = NewProvisionRequest(kind="remove", subject=KESTREL, asked_by="tests", approved_by="tests")
    async with deployment.operator.transaction(console_namespace(deployment.settings)) as tx:
        await add_request(tx, asked, deployment.clock.now())
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        columns = "register_environment_id, register_brand_id, node, theme, settings, retailer_id, created_at, state_at"
        await tx.driver.execute(
            f"INSERT INTO control.brand (id, slug, name, state, schema_name, role_name, {columns})"
            f" SELECT gen_random_uuid(), 'osprey', 'Osprey', 'preparing', 'tenant_osprey', 'osprey', {columns}"
            f" FROM control.brand WHERE slug = '{KESTREL}'"
        )


@pytest.fixture
async def cluster(postgres: PostgresServer, lost: Lost) -> AsyncIterator[DeploymentSettings]:
    """An empty database where the lost one was, with new passwords."""
    async with empty_cluster(postgres, lost.settings, lost.settings.role_prefix) as settings:
        yield settings


@pytest.fixture
def haas(cluster: DeploymentSettings) -> Haas:
    """`haas` with the settings of the provisioner of the empty database."""
    return restoring(cluster)
