"""`python -m ops.cli` runs the command line in a checkout that is not installed."""

from ops.cli import main

main(prog_name="haas")
