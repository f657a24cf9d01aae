"""The command line `haas`: each module here holds the command or group of its own name, as `command`.

A command whose name is a keyword of Python has a module with an underscore behind it.
"""

import importlib
import pkgutil
from typing import Any

import click

from haas.errors import HaasError
from ops.stack.errors import StackError


class _Commands(click.Group):
    """Loads a command when it is asked for: no command waits for another's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_modules())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = _modules().get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{module}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it cannot do is told in a sentence, not in a traceback."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of a pipe has seen enough; click ends quietly
            raise
        except (HaasError, StackError, OSError) as error:  # OSError: a file or a server that is not there
            raise click.ClickException(str(error)) from error


def _modules() -> dict[str, str]:
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return {name.rstrip("_"): name for name in names}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="holder-as-a-service")
def main() -> None:
    """Holder as a Service: run it, and look after its tenants."""
