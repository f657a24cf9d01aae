"""`haas smoke`: the main job, driven from outside."""

from ops.smoke.command import command

__all__ = ["command"]
