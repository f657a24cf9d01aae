"""The commands and certificate issuers that entry points add to the command line."""

import msgspec

from haas.settings import Settings
from ops.plugins import CERTIFICATE_ISSUERS, COMMANDS, certificate_issuer, plugins
from ops.stack.embedded import Stack


def test_the_entry_points_declare_the_commands_and_the_test_authorities() -> None:
    assert plugins(COMMANDS).names == {"bench", "bench-data", "record-theme", "smoke", "up"}
    assert plugins(CERTIFICATE_ISSUERS).names == {"test-authorities"}


async def test_the_test_authorities_of_a_stack_issue_the_certificate_of_a_host(stack: Stack) -> None:
    issue = certificate_issuer(stack.settings)
    assert issue is not None
    issue("made-by-a-command.haas.localhost")
    assert (stack.folder.certificates / "made-by-a-command.haas.localhost.pem").exists()


def test_no_test_authority_issues_a_certificate_in_production(stack: Stack) -> None:
    production = msgspec.structs.replace(
        stack.settings, environment="production", clock_file=None, host_map={}, trusted_roots=None, preset_codes=None
    )
    assert certificate_issuer(production) is None


def test_without_test_authorities_there_is_no_certificate_issuer(settings: Settings) -> None:
    assert not (settings.certificates.parent / "pki").exists()
    assert certificate_issuer(settings) is None
