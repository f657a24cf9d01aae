"""The steps of an endpoint, checks and effects alike, in one list in the order in which they run.

A step is a function of one argument: the state that the steps of one call share. It raises an error, or changes
something, or sets an attribute of the state for later steps. A reviewer reads the list beside the specification; the
first paragraph of each step's docstring names the clause.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import wraps
from typing import Any, TypeVar

Shared = TypeVar("Shared")
Step = Callable[[Shared], Awaitable[None] | None]


async def run(steps: Iterable[Step[Shared]], state: Shared) -> None:
    """Run the steps in their order. The first that raises ends the call."""
    for step in steps:
        pending = step(state)
        if pending is not None:
            await pending


def on_attribute(attribute: str, steps: Iterable[Step[Any]]) -> tuple[Step[Any], ...]:
    """Return steps that run `steps` on the value of one attribute of their state.

    So a list of steps that knows only a part of a call, such as its request object, becomes part of the call's list.
    """

    def with_attribute(step: Step[Any]) -> Step[Any]:
        @wraps(step)
        def run_on_attribute(state: Any) -> Awaitable[None] | None:
            return step(getattr(state, attribute))

        return run_on_attribute

    return tuple(with_attribute(step) for step in steps)


def flattened(steps: Iterable[Step[Any]]) -> Iterator[Step[Any]]:
    """Yield every step in its order, with the steps of a group in place of the group."""
    for step in steps:
        group = getattr(step, "steps", None)
        if group is None:
            yield step
        else:
            yield from flattened(group)
