"""In which combinations of brand, device, colour scheme, size of text and input the journeys are made."""

import os
from itertools import product
from typing import Any, Literal, NamedTuple

import pytest

from ops.demonstration import BRANDS
from ops.journeys.devices import DEVICES

VARIABLE = "HAAS_TEST_JOURNEYS"
"""The environment variable that asks for all combinations, with the value `all`."""
ALL = os.environ.get(VARIABLE) == "all"


class Combination(NamedTuple):
    """How a person sees and uses the pages. `percent` is the size of text that the browser is set to."""

    brand: str
    device: str
    scheme: Literal["light", "dark"]
    percent: int
    by_keyboard: bool

    def __str__(self) -> str:
        return "-".join(map(str, (*self[:4], "keyboard" if self.by_keyboard else "pointer")))


def all_combinations() -> list[Combination]:
    """Return 16 of the 32 combinations: each combination of any four of the five values is among them."""
    found = []
    for numbers in product((0, 1), repeat=4):
        brand, device, scheme, percent = numbers
        values = (BRANDS[brand].slug, list(DEVICES)[device], ("light", "dark")[scheme], (100, 200)[percent])
        found.append(Combination(*values, by_keyboard=sum(numbers) % 2 == 1))
    return found


def combined(*usual: Combination) -> Any:
    """Make a journey in the `usual` combinations, or in all of them if VARIABLE asks for it."""
    return pytest.mark.parametrize("combination", all_combinations() if ALL else usual, ids=str)
