"""`python -m ops.bench` runs `haas bench` in a checkout that is not installed."""

import sys

from ops.bench.command import command
from ops.cli import main

main.add_command(command)
main(["bench", *sys.argv[1:]])
