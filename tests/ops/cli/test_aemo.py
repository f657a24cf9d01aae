"""`haas aemo`, run as an operator runs it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from haas.settings import ProvisionerSettings, WorkerSettings
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.pki.keys import key_to_pem, new_key
from tenants.market import service, store
from tenants.market.errors import UnknownParticipant
from tenants.market.models import MarketCredentials, ParticipantKey
from tenants.registry.models import Tenant
from tenants.registry.names import owner_namespace
from tests.support.aemo import HUB, ScriptedHub, brand_of_aemo, client_certificate, refusal
from tests.support.commands import Haas, command_runner
from tests.support.https_server import HttpsServer
from tests.support.processes import environment

KEY = ParticipantKey("LAPWING", "production")
NMI = "4102000001"
PASSWORD = "Passw0rd-of-URM"


@pytest.fixture(scope="module")
async def tenant(deployment: Deployment, signing_keys: Any) -> AsyncIterator[Tenant]:
    tenant = await brand_of_aemo(deployment, next(signing_keys), "lapwing")
    yield tenant
    await deployment.administration.remove(tenant.slug, actor="tests")


@pytest.fixture
def owner(settings: DeploymentSettings, https: HttpsServer, tmp_path: Path) -> Haas:
    """`haas` with the settings of the provisioner."""
    found = https.settings(settings)
    assert isinstance(found, DeploymentSettings)
    return command_runner({**environment(found, ProvisionerSettings), "HAAS_STATE": str(tmp_path)})


@pytest.fixture
def worker(settings: DeploymentSettings, https: HttpsServer, tmp_path: Path) -> Haas:
    """`haas` with the settings of a worker."""
    found = https.settings(settings)
    assert isinstance(found, DeploymentSettings)
    return command_runner({**environment(found, WorkerSettings), "HAAS_STATE": str(tmp_path)})


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    certificate, key = client_certificate()
    contents = {"certificate": certificate, "key": key, "password": f"{PASSWORD}\n", "subscription-key": "Subscr1ption"}
    paths = {name: tmp_path / name for name in contents}
    for name, content in contents.items():
        paths[name].write_text(content)
    return paths


@pytest.fixture
def hub(https: HttpsServer) -> ScriptedHub:
    return ScriptedHub(https)


def arguments(files: dict[str, Path], hub: ScriptedHub, **changes: str | None) -> list[str]:
    """Return the arguments of `haas aemo set`. A change to None leaves an option out."""
    options: dict[str, str | None] = {
        "retailer": "lapwing Pty Ltd",
        "base-uri": hub.base_uri,
        "username": "LAPWINGCDR",
        **{name: str(files[name]) for name in ("password", "certificate", "key")},
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    found = ["aemo", "set", KEY.participant_id]
    for name, value in options.items():
        found += [] if value is None else [f"--{name}", value]
    return found


async def stored(deployment: Deployment, key: ParticipantKey = KEY) -> MarketCredentials:
    async with deployment.owner.transaction(owner_namespace(deployment.settings)) as tx:
        return await service.credentials(tx, deployment.sealer, key)


async def test_a_participant_is_stored_assigned_listed_checked_and_removed(
    haas: Haas,
    owner: Haas,
    worker: Haas,
    deployment: Deployment,
    tenant: Tenant,
    hub: ScriptedHub,
    files: dict[str, Path],
) -> None:
    done = await owner(*arguments(files, hub))
    assert done.exit_code == 0, done.output
    found = await stored(deployment)
    assert (found.secrets.secret, found.participant.base_uri) == (PASSWORD, hub.base_uri)
    assert found.secrets.key == files["key"].read_text().strip()
    assert (await haas("aemo", "assign", "lapwing", "LAPWING")).exit_code == 0
    listed = (await haas("aemo", "list")).output
    for text in ("LAPWING", "production", "lapwing Pty Ltd", "basic", "lapwing"):
        assert text in listed
    in_use = await haas("aemo", "remove", "LAPWING")
    assert (in_use.exit_code, "unassign it first" in in_use.output) == (1, True)
    checked = await worker("aemo", "check", "LAPWING", NMI)
    assert checked.exit_code == 0, checked.output
    for text in ("200 with the service point", "ends on", "expires on", "ms", "LAPWING in production", "clock"):
        assert text in checked.output
    assert NMI not in checked.output
    assert (await haas("aemo", "unassign", "lapwing", "LAPWING")).exit_code == 0
    assert (await haas("aemo", "remove", "LAPWING")).exit_code == 0
    with pytest.raises(UnknownParticipant):
        await stored(deployment)
    for output in (done.output, listed, checked.output):
        assert PASSWORD not in output


async def test_a_password_comes_from_the_standard_input_and_ends_an_unknown_change(
    owner: Haas, haas: Haas, deployment: Deployment, tenant: Tenant, hub: ScriptedHub, files: dict[str, Path]
) -> None:
    assert (await owner(*arguments(files, hub, password="-"), typed=f"{PASSWORD}-1\n")).exit_code == 0
    assert (await stored(deployment)).secrets.secret == f"{PASSWORD}-1"
    async with deployment.owner.transaction(owner_namespace(deployment.settings)) as tx:
        await service.begin_secret_change(tx, deployment.sealer, KEY, "next", deployment.clock.now())
        await service.stop_secret_change(tx, KEY, deployment.clock.now())
    assert "since" in (await haas("aemo", "list")).output
    done = await owner("aemo", "set-password", "LAPWING", "--password", "-", typed=f"{PASSWORD}-2")
    assert done.exit_code == 0, done.output
    found = await stored(deployment)
    assert (found.secrets.secret, found.is_changing) == (f"{PASSWORD}-2", False)
    async with deployment.owner.transaction(owner_namespace(deployment.settings)) as tx:
        assert (await store.load(tx, KEY))["change_stopped_at"] is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"retailer": "Nobody Pty Ltd"}, "there is no retailer 'Nobody Pty Ltd'"),
        ({"base_uri": "http://aemo.test/"}, "not an https URL"),
        ({"proxy": "socks5://proxy.test"}, "use an http or https URL"),
        ({"proxy": "http://user:secret@proxy.test"}, "do not fit its mode"),
        ({"mode": "bearer"}, "do not fit its mode"),
        ({"mode": "basic-with-key"}, "do not fit its mode"),
        ({"certificate": "password"}, "no certificate in PEM"),
        ({"key": "certificate"}, "no private key in PEM"),
        ({"key": "other-key"}, "does not belong to the first certificate"),
        ({"password": "empty"}, "is empty or longer"),
        ({"password": "binary"}, "is not text"),
        ({"password": None}, "Missing option '--password'"),
    ],
)
async def test_values_that_do_not_fit_are_refused_without_showing_a_secret(
    owner: Haas,
    tenant: Tenant,
    hub: ScriptedHub,
    files: dict[str, Path],
    tmp_path: Path,
    changes: dict[str, str | None],
    message: str,
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "other-key").write_bytes(key_to_pem(new_key()) if changes.get("key") == "other-key" else b"x")
    of_files = ("certificate", "key", "password")
    given = {
        name: str(tmp_path / value) if name in of_files and value is not None else value
        for name, value in changes.items()
    }
    done = await owner(*arguments(files, hub, **given))
    assert done.exit_code != 0
    assert message in done.output.replace("\n", " ")
    assert PASSWORD not in done.output
    assert "PRIVATE KEY" not in done.output


async def test_the_commands_with_secrets_need_the_settings_of_the_provisioner(
    haas: Haas, hub: ScriptedHub, files: dict[str, Path]
) -> None:
    """Decision 0023: the login of the commands comes without the master key."""
    done = await haas(*arguments(files, hub))
    assert done.exit_code == 1
    assert "HAAS_OPERATOR_DATABASE_URL is set, and the provisioner must not have it" in done.output


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "has locked the user"),
        (403, "no permission for the CDR API"),
        (422, "not the FRMP"),
        (429, "throttling"),
        (418, "does not name this status"),
    ],
)
async def test_the_check_names_the_reason_of_a_refusal(
    owner: Haas,
    worker: Haas,
    tenant: Tenant,
    hub: ScriptedHub,
    files: dict[str, Path],
    status: int,
    reason: str,
) -> None:
    """C-A16. Texts of AEMO can contain the NMI and are not shown."""
    assert (await owner(*arguments(files, hub))).exit_code == 0
    hub.answer = lambda _: (status, refusal("GeneralError/Expected", NMI))
    done = await worker("aemo", "check", "LAPWING", NMI)
    assert done.exit_code == 1
    assert reason in done.output
    assert "GeneralError/Expected" in done.output
    assert NMI not in done.output
    assert len(hub.requests) == 1


async def test_the_check_does_not_send_refused_credentials_except_when_it_is_asked_to(
    owner: Haas, worker: Haas, tenant: Tenant, hub: ScriptedHub, files: dict[str, Path]
) -> None:
    """A-1: six wrong tries lock the user. The processes of the deployment share what AEMO has said."""
    assert (await owner(*arguments(files, hub))).exit_code == 0
    hub.answer = lambda _: (401, refusal("GeneralError/Expected"))
    for _ in range(3):
        refused = await worker("aemo", "check", "LAPWING", NMI)
    assert (refused.exit_code, "not asked" in refused.output, "--again" in refused.output) == (1, True, True)
    assert len(hub.requests) == 1
    hub.answer = hub.items
    for again in (("--again",), ()):  # AEMO has unlocked the user
        assert (await worker("aemo", "check", "LAPWING", NMI, *again)).exit_code == 0
    assert len(hub.requests) == 3


async def test_the_check_says_that_aemo_cannot_be_reached(
    owner: Haas, worker: Haas, tenant: Tenant, hub: ScriptedHub, files: dict[str, Path]
) -> None:
    assert (await owner(*arguments(files, hub, base_uri=f"https://{HUB}:1/NEMRetail"))).exit_code == 0
    done = await worker("aemo", "check", "LAPWING", NMI)
    assert (done.exit_code, "none: AEMO's operation" in done.output) == (1, True)


async def test_a_brand_uses_a_participant_in_one_environment_only(
    owner: Haas, haas: Haas, tenant: Tenant, hub: ScriptedHub, files: dict[str, Path]
) -> None:
    for environment_of_aemo in ("production", "pre-production"):
        assert (await owner(*arguments(files, hub, environment=environment_of_aemo))).exit_code == 0
    assert (await haas("aemo", "assign", "lapwing", "LAPWING")).exit_code == 0
    done = await haas("aemo", "assign", "lapwing", "LAPWING", "--environment", "pre-production")
    assert done.exit_code == 1
    assert "is assigned to the brand already" in done.output
    assert (await haas("aemo", "unassign", "lapwing", "LAPWING")).exit_code == 0
    for environment_of_aemo in ("production", "pre-production"):
        assert (await haas("aemo", "remove", "LAPWING", "--environment", environment_of_aemo)).exit_code == 0
