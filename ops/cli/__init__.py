"""The command line `haas`: one module per group of commands."""

import importlib
from typing import Final

import click

# Command → the module that holds it as `command`, loaded when asked for: no command waits for another's imports.
COMMANDS: Final = {
    "up": "ops.cli.up",
    "tenant": "ops.cli.tenant",
    "migrate": "ops.cli.migrate",
    "keys": "ops.cli.keys",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(module).command
        assert isinstance(command, click.Command)  # noqa: S101 - holds our own modules to the contract
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="holder-as-a-service")
def main() -> None:
    """Holder as a Service: run it, and look after its tenants."""
