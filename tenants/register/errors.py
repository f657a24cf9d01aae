"""What goes wrong with the Register."""

from haas.errors import Unavailable


class RegisterUnreadable(Unavailable):
    """The Register did not answer, or not with a list of statuses. What it last said stays."""
