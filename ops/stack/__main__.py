"""`python -m ops.stack` runs `haas up` in a checkout that is not installed."""

import sys

from ops.cli import main
from ops.stack.command import command

main.add_command(command)
main(["up", *sys.argv[1:]])
