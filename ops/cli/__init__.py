"""The command line `haas`. Each module of this package defines one command or group as `command`.

The command has the name of the module. If the name is a keyword of Python, the module's name has an underscore at the
end. If it begins with an underscore, the module is a part of another command. Further commands come from the entry
points of the group `haas.commands` (`ops/plugins.py`).
"""

import importlib
import pkgutil
from typing import Any

import click

from haas.errors import HaasError
from ops.plugins import COMMANDS, plugins


class _Commands(click.Group):
    """Imports the module of a command only when the command is used, so that commands start quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_modules(), *plugins(COMMANDS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command: click.Command | None
        if (module := _modules().get(cmd_name)) is not None:
            command = importlib.import_module(f"{__name__}.{module}").command
        elif cmd_name in plugins(COMMANDS).names:
            command = plugins(COMMANDS)[cmd_name].load()
        else:
            command = super().get_command(ctx, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. For a known error, print the message instead of a traceback."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader has closed the pipe; click then ends without a message
            raise
        except (HaasError, OSError) as error:  # OSError: a file or a server cannot be reached
            raise click.ClickException(str(error)) from error


def _modules() -> dict[str, str]:
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return {name.rstrip("_"): name for name in names}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="holder-as-a-service")
def main() -> None:
    """Run Holder as a Service, and manage its tenants."""
