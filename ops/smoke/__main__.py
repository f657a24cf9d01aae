"""`python -m ops.smoke` runs `haas smoke` in a checkout that is not installed."""

import sys

from ops.cli import main
from ops.smoke.command import command

main.add_command(command)
main(["smoke", *sys.argv[1:]])
