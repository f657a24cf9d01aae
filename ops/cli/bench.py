"""`haas bench`: the hot paths, measured."""

from ops.bench.command import command

__all__ = ["command"]
