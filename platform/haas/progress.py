"""Progress for a person to see: a line for each step, and a bar if the number of steps is known."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichBar

Advance = Callable[[], None]
_LINES_PER_BAR = 10


class Progress(Protocol):
    """Shows the progress of long work."""

    def line(self, text: str) -> None:
        """Show a line of text."""
        ...

    def bar(self, title: str, total: int) -> AbstractContextManager[Advance]:
        """Show a bar of `total` steps. The context manager returns a function that advances the bar by one step."""
        ...


class ConsoleProgress:
    """Progress on a terminal. If the output is not a terminal, a line for each tenth of the steps replaces the bar."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to `console`, or to standard error."""
        self._console = console or Console(stderr=True, highlight=False)

    def line(self, text: str) -> None:
        """Print the text."""
        self._console.print(text, markup=False)

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:
        """Show a bar of `total` steps."""
        if not self._console.is_terminal:
            yield self._print_tenths(title, total)
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

    def _print_tenths(self, title: str, total: int) -> Advance:
        """Return a function that counts a step and prints a line after each tenth of the steps."""
        done = 0

        def advance() -> None:
            nonlocal done
            before, done = done * _LINES_PER_BAR // max(total, 1), done + 1
            if done * _LINES_PER_BAR // max(total, 1) > before or done == total:
                self.line(f"{title}: {done} of {total}")

        return advance


class NoProgress:
    """Shows nothing. It is for work that no person watches."""

    def line(self, text: str) -> None:
        """Show nothing."""

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:  # noqa: ARG002 - the Protocol names them
        """Show nothing."""
        yield lambda: None


NO_PROGRESS: Final[Progress] = NoProgress()
