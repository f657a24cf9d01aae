"""One list of steps for each endpoint, with all its checks and changes in the order in which they run.

A step is a function of one argument: the state that the steps of one call share. It raises an error, or changes
something, or sets an attribute of the state for later steps. The first paragraph of a step's docstring names the clause
of the specification, so that a reviewer can compare the list with the specification.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import wraps
from typing import Any, TypeVar

Shared = TypeVar("Shared")
Step = Callable[[Shared], Awaitable[None] | None]


async def run(steps: Iterable[Step[Shared]], state: Shared) -> None:
    """Run the steps in their order. The first step that raises an error ends the call."""
    for step in steps:
        pending = step(state)
        if pending is not None:
            await pending


def on_attribute(attribute: str, steps: Iterable[Step[Any]]) -> tuple[Step[Any], ...]:
    """Return steps that run `steps` on the value of one attribute of their state.

    So the list of a call can contain steps whose state is only a part of the call, such as its request object.
    """

    def with_attribute(step: Step[Any]) -> Step[Any]:
        @wraps(step)
        def run_on_attribute(state: Any) -> Awaitable[None] | None:
            return step(getattr(state, attribute))

        return run_on_attribute

    return tuple(with_attribute(step) for step in steps)


def flattened(steps: Iterable[Step[Any]]) -> Iterator[Step[Any]]:
    """Yield every step in its order. A group is replaced by its steps."""
    for step in steps:
        group = getattr(step, "steps", None)
        if group is None:
            yield step
        else:
            yield from flattened(group)
