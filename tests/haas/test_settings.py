"""Settings must be complete, well formed and of the process kind; those for the sandbox are refused in production."""

from base64 import urlsafe_b64encode
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from haas.settings import (
    ApplicationSettings,
    CommandSettings,
    ProvisionerSettings,
    Settings,
    SettingsError,
    WorkerSettings,
)
from ops.deployment_settings import DeploymentSettings

KEY = b"k" * 16 + b"\xff" * 16
REQUIRED = {
    "HAAS_ENVIRONMENT": "sandbox",
    "HAAS_DOMAIN": "haas.localhost",
    "HAAS_DATABASE_URL": "postgresql://haas_app:app-password@127.0.0.1:5432/haas",
    "HAAS_OWNER_DATABASE_URL": "postgresql://haas_owner:owner-password@127.0.0.1:5432/haas",
    "HAAS_OPERATOR_DATABASE_URL": "postgresql://haas_operator:operator-password@127.0.0.1:5432/haas",
    "HAAS_REDIS_URL": "redis://:redis-password@127.0.0.1:6379/0",
    "HAAS_SMTP_URL": "smtp://user:mail-password@127.0.0.1:25",
    "HAAS_SMS_URL": "https://user:sms-password@sms.example/send",
    "HAAS_MASTER_KEY": urlsafe_b64encode(KEY).decode(),
    "HAAS_CERTIFICATES": "/etc/haas/certificates",
}
SANDBOX_ONLY = {
    "HAAS_CLOCK_FILE": "/var/lib/haas/clock",
    "HAAS_HOST_MAP": '{"*.haas.localhost": "127.0.0.1"}',
    "HAAS_TRUSTED_ROOTS": "/etc/haas/roots.pem",
    "HAAS_PRESET_CODES": "/var/lib/haas/preset-codes.json",
    "HAAS_DATABASE_TIME_FACTOR": "2",
}


SECRETS = {
    ApplicationSettings: {"HAAS_DATABASE_URL", "HAAS_MASTER_KEY", "HAAS_REDIS_URL"},
    WorkerSettings: {"HAAS_DATABASE_URL", "HAAS_MASTER_KEY", "HAAS_REDIS_URL", "HAAS_SMTP_URL", "HAAS_SMS_URL"},
    ProvisionerSettings: {"HAAS_OWNER_DATABASE_URL", "HAAS_MASTER_KEY"},
    CommandSettings: {"HAAS_OPERATOR_DATABASE_URL"},
}
ALL_SECRETS = set().union(*SECRETS.values(), {"HAAS_SUPERUSER_URL"})


def read(**changes: str | None) -> DeploymentSettings:
    environment = {**REQUIRED, **changes}
    return DeploymentSettings.from_environment(
        {name: value for name, value in environment.items() if value is not None}
    )


@pytest.mark.parametrize("kind", SECRETS)
def test_a_kind_of_process_reads_its_own_secrets(kind: type[Settings]) -> None:
    assert {name for name in kind.select(REQUIRED) if name in ALL_SECRETS} == SECRETS[kind]
    assert kind.from_environment(kind.select({**REQUIRED, **SANDBOX_ONLY})) == read(**SANDBOX_ONLY).of(kind)


@pytest.mark.parametrize("suffix", ["", "_FILE"])
@pytest.mark.parametrize("kind", SECRETS)
def test_a_kind_of_process_refuses_the_secrets_of_others(kind: type[Settings], suffix: str) -> None:
    for other in sorted(ALL_SECRETS - SECRETS[kind]):
        with pytest.raises(SettingsError, match=rf"{other}{suffix} is set, and {kind.process} must not have it"):
            kind.from_environment({**kind.select(REQUIRED), f"{other}{suffix}": "very-secret"})


LOGINS = {"HAAS_DATABASE_URL", "HAAS_OWNER_DATABASE_URL", "HAAS_OPERATOR_DATABASE_URL"}


@pytest.mark.parametrize("suffix", ["", "_FILE"])
@pytest.mark.parametrize("kind", SECRETS)
def test_the_other_logins_of_another_database_node_are_refused_too(kind: type[Settings], suffix: str) -> None:
    for other in sorted(LOGINS - SECRETS[kind]):
        variable = f"{other}_NORTH{suffix}"
        with pytest.raises(SettingsError, match=f"{variable} is set, and {kind.process} must not have it"):
            kind.from_environment({**kind.select(REQUIRED), variable: "postgresql://u:p@h/d"})


def test_every_secret_can_be_in_a_file(tmp_path: Path) -> None:
    environment = dict(REQUIRED)
    for name in ALL_SECRETS & set(REQUIRED):
        file = tmp_path / name
        file.write_text(environment.pop(name) + "\n")
        environment[f"{name}_FILE"] = str(file)
    node = tmp_path / "node"
    node.write_text("postgresql://u:p@north/d\n")
    environment["HAAS_DATABASE_URL_NORTH_FILE"] = str(node)
    settings = DeploymentSettings.from_environment(environment)
    assert settings == msgspec.structs.replace(read(), nodes={"north": "postgresql://u:p@north/d"})
    with pytest.raises(SettingsError, match="HAAS_REDIS_URL and HAAS_REDIS_URL_FILE are both set"):
        DeploymentSettings.from_environment({**environment, "HAAS_REDIS_URL": "redis://h"})


@pytest.mark.parametrize("address", ["0.0.0.0:80", "example.test:80", "unix:", "127.0.0.1", "/run/health"])
def test_health_is_answered_on_this_machine_only(address: str) -> None:
    with pytest.raises(SettingsError, match="HAAS_HEALTH is not unix:"):
        read(HAAS_HEALTH=address)


def test_the_required_variables_are_sufficient() -> None:
    settings = read()
    assert settings.environment == "sandbox"
    assert settings.domain == "haas.localhost"
    assert settings.master_key == KEY
    assert settings.certificates == Path("/etc/haas/certificates")
    assert (settings.public_port, settings.role_prefix, settings.log_level) == (443, "haas", "INFO")
    assert (settings.clock_file, settings.host_map, settings.trusted_roots, settings.preset_codes) == (
        None,
        {},
        None,
        None,
    )


def test_every_variable_is_read() -> None:
    settings = read(**SANDBOX_ONLY, HAAS_PUBLIC_PORT="8443", HAAS_ROLE_PREFIX="other", HAAS_LOG_LEVEL="DEBUG")
    assert settings.public_port == 8443
    assert settings.role_prefix == "other"
    assert settings.log_level == "DEBUG"
    assert settings.clock_file == Path("/var/lib/haas/clock")
    assert settings.host_map == {"*.haas.localhost": "127.0.0.1"}
    assert settings.trusted_roots == Path("/etc/haas/roots.pem")
    assert settings.preset_codes == Path("/var/lib/haas/preset-codes.json")


def test_each_further_database_node_needs_three_urls_that_are_never_shown() -> None:
    node = {
        "HAAS_DATABASE_URL_NORTH_2": "postgresql://haas_app:app-password@north:5432/haas",
        "HAAS_OWNER_DATABASE_URL_NORTH_2": "postgresql://haas_owner:owner-password@north:5432/haas",
        "HAAS_OPERATOR_DATABASE_URL_NORTH_2": "postgresql://haas_operator:operator-password@north:5432/haas",
    }
    settings = read(**node, HAAS_DATABASE_URL_EMPTY="")
    assert settings.database_urls == {
        "main": REQUIRED["HAAS_DATABASE_URL"],
        "north_2": node["HAAS_DATABASE_URL_NORTH_2"],
    }
    assert settings.owner_database_urls == {
        "main": REQUIRED["HAAS_OWNER_DATABASE_URL"],
        "north_2": node["HAAS_OWNER_DATABASE_URL_NORTH_2"],
    }
    assert settings.operator_database_urls == {
        "main": REQUIRED["HAAS_OPERATOR_DATABASE_URL"],
        "north_2": node["HAAS_OPERATOR_DATABASE_URL_NORTH_2"],
    }
    for missing in node:
        with pytest.raises(SettingsError, match=f"{missing} is not postgresql://") as refused:
            read(**{**node, missing: "https://u:very-secret@h/d"})
        assert "secret" not in str(refused.value)
    assert "password" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "says"), [("MAIN", "the address of the main node"), ("a", "capitals"), ("2", "capitals")]
)
def test_an_invalid_name_of_a_database_node_is_refused(name: str, says: str) -> None:
    with pytest.raises(SettingsError, match=f"HAAS_DATABASE_URL_{name} .*{says}"):
        read(**{f"HAAS_DATABASE_URL_{name}": "postgresql://u:p@h/d"})


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("variable", sorted(REQUIRED))
def test_the_error_for_a_missing_variable_contains_its_name(variable: str, empty: str | None) -> None:
    with pytest.raises(SettingsError, match=f"{variable}( |$)"):
        read(**{variable: empty})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HAAS_ENVIRONMENT", "staging"),
        ("HAAS_ENVIRONMENT", "PRODUCTION"),
        ("HAAS_DOMAIN", "https://haas.localhost"),
        ("HAAS_DOMAIN", "Haas.Localhost"),
        ("HAAS_DOMAIN", "haas.localhost:8443"),
        ("HAAS_DOMAIN", ".haas.localhost"),
        ("HAAS_DOMAIN", "haas localhost"),
        ("HAAS_DOMAIN", "haas.localhost\n"),
        ("HAAS_PUBLIC_PORT", "https"),
        ("HAAS_PUBLIC_PORT", "0"),
        ("HAAS_PUBLIC_PORT", "65536"),
        ("HAAS_PUBLIC_PORT", "84.43"),
        ("HAAS_DATABASE_URL", "mysql://u:very-secret@h/d"),
        ("HAAS_DATABASE_URL", "very-secret"),
        ("HAAS_DATABASE_URL", "postgresql://u:very-secret@/d"),
        ("HAAS_DATABASE_URL", "postgresql://u:very-secret@h:port/d"),
        ("HAAS_OWNER_DATABASE_URL", "https://u:very-secret@h/d"),
        ("HAAS_OPERATOR_DATABASE_URL", "https://u:very-secret@h/d"),
        ("HAAS_REDIS_URL", "http://:very-secret@h"),
        ("HAAS_SMTP_URL", "https://u:very-secret@h"),
        ("HAAS_SMTP_URL", "smtp://"),
        ("HAAS_SMS_URL", "http://u:very-secret@h"),
        ("HAAS_SMS_URL", "https://[very-secret"),
        ("HAAS_ROLE_PREFIX", 'x"; DROP'),
        ("HAAS_ROLE_PREFIX", "Haas"),
        ("HAAS_ROLE_PREFIX", "9haas"),
        ("HAAS_ROLE_PREFIX", "h" * 40),
        ("HAAS_LOG_LEVEL", "LOUD"),
        ("HAAS_APPLICATION_PROCESSES", "0"),
        ("HAAS_TRAFFIC_FACTOR", "0.5"),
        ("HAAS_DATABASE_TIME_FACTOR", "0"),
        ("HAAS_MARKET_STATUS_URI", "http://market.example/cds-au/v1"),
        ("HAAS_MARKET_STATUS_URI", "https://market.example/cds-au/v1/"),
        ("HAAS_MARKET_STATUS_URI", "https://user:very-secret@market.example"),
        ("HAAS_HOST_MAP", "{"),
        ("HAAS_HOST_MAP", "[]"),
        ("HAAS_HOST_MAP", '{"a": 1}'),
        ("HAAS_MASTER_KEY", "very-secret"),
        ("HAAS_MASTER_KEY", "very secret " * 4),
        ("HAAS_MASTER_KEY", "é" * 43),
        ("HAAS_MASTER_KEY", "A" * 42),
        ("HAAS_MASTER_KEY", "A" * 43 + "\n!"),
        ("HAAS_MASTER_KEY", "A" * 44),
        ("HAAS_MASTER_KEY", "A" * 64),
    ],
)
def test_the_error_for_a_malformed_variable_contains_its_name_and_no_secret(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}( |$)") as refused:
        read(**{variable: value})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("variable", sorted(SANDBOX_ONLY))
def test_production_refuses_settings_of_the_sandbox(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable} "):
        read(HAAS_ENVIRONMENT="production", **{variable: SANDBOX_ONLY[variable]})


def test_production_accepts_settings_without_those_of_the_sandbox() -> None:
    assert read(HAAS_ENVIRONMENT="production").environment == "production"


@pytest.mark.parametrize("padding", ["", "="])
def test_a_master_key_is_accepted_with_and_without_padding(padding: str) -> None:
    assert read(HAAS_MASTER_KEY=REQUIRED["HAAS_MASTER_KEY"].rstrip("=") + padding).master_key == KEY


def test_the_master_key_can_be_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    file.write_text(REQUIRED["HAAS_MASTER_KEY"] + "\n")
    assert read(HAAS_MASTER_KEY=None, HAAS_MASTER_KEY_FILE=str(file)).master_key == KEY


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"short"])
def test_the_error_for_an_unusable_master_key_file_contains_the_variable(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "master.key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match="HAAS_MASTER_KEY_FILE "):
        read(HAAS_MASTER_KEY=None, HAAS_MASTER_KEY_FILE=str(file))


def test_settings_are_frozen_and_show_no_secret() -> None:
    settings = read()
    with pytest.raises(AttributeError):
        settings.domain = "other.localhost"  # type: ignore[misc]
    pretty = StringIO()
    Console(file=pretty).print(settings, {"settings": settings})
    for shown in (repr(settings), str(settings), f"{settings}", pretty.getvalue()):
        assert "haas.localhost" in shown
        assert "password" not in shown
        assert "kkkk" not in shown


def test_settings_can_be_copied_with_a_change() -> None:
    assert msgspec.structs.replace(read(), domain="other.localhost").domain == "other.localhost"


def test_an_origin_omits_the_default_port() -> None:
    assert read().origin("aurora.haas.localhost") == "https://aurora.haas.localhost"
    assert read(HAAS_PUBLIC_PORT="8443").origin("aurora.haas.localhost") == "https://aurora.haas.localhost:8443"
