"""`python -m ops.cli`: the command line where it is not installed."""

from ops.cli import main

main(prog_name="haas")
