"""What a person sees while something takes a while: a line for each step, a bar where the number of steps is known."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichBar

Advance = Callable[[], None]
_LINES_PER_BAR = 10


class Progress(Protocol):
    """Tells how far work has come."""

    def line(self, text: str) -> None:
        """Say what happens now, or has happened."""
        ...

    def bar(self, title: str, total: int) -> AbstractContextManager[Advance]:
        """Open a bar of `total` steps; the context gives the function that advances it by one."""
        ...


class ConsoleProgress:
    """Progress on a terminal; where the output is no terminal, a bar is a line for each tenth of it."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to `console`, or to standard error."""
        self._console = console or Console(stderr=True, highlight=False)

    def line(self, text: str) -> None:
        """Print the text."""
        self._console.print(text, markup=False)

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:
        """Draw a bar of `total` steps."""
        if not self._console.is_terminal:
            yield self._tenths(title, total)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with RichBar(*columns, console=self._console) as bar:
            task = bar.add_task(title, total=total)
            yield lambda: bar.advance(task)

    def _tenths(self, title: str, total: int) -> Advance:
        done = 0

        def advance() -> None:
            nonlocal done
            before, done = done * _LINES_PER_BAR // max(total, 1), done + 1
            if done * _LINES_PER_BAR // max(total, 1) > before or done == total:
                self.line(f"{title}: {done} of {total}")

        return advance


class NoProgress:
    """Says nothing, for callers that have nobody watching."""

    def line(self, text: str) -> None:
        """Say nothing."""

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:  # noqa: ARG002 - the contract's names
        """Draw nothing."""
        yield lambda: None


NO_PROGRESS: Final[Progress] = NoProgress()
