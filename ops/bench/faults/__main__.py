"""Run as `python -m ops.bench.faults`."""

from ops.bench.faults.command import command

command()
