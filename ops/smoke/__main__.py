"""`python -m ops.smoke` is `haas smoke`, also from a checkout that is not installed."""

import sys

from ops.cli import main
from ops.smoke.command import command

main.add_command(command)
main(["smoke", *sys.argv[1:]])
