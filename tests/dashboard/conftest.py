"""The dashboard's tests stand on the consent flow's ground."""

from tests.consent.conftest import ground, moved_clock, neighbour, publisher, world

__all__ = ["ground", "moved_clock", "neighbour", "publisher", "world"]
