"""Read selected elements of a JSON document, which may be truncated or invalid from some point on.

Every element before that point is yielded, with the line on which it begins. Then InvalidJson is raised with the line
at which reading stopped.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

EVERY_ELEMENT = "*"
_BLANK = re.compile(r"[ \t\r\n]*")


class InvalidJson(Exception):
    """The document is not valid JSON from `line` on."""

    def __init__(self, line: int, reason: str) -> None:
        """Take the line, which counts from 1, and the reason."""
        super().__init__(reason)
        self.line = line
        self.reason = reason


class JsonElement(NamedTuple):
    """A value with its JSONPath and the line on which it begins."""

    path: str
    line: int
    value: Any


def elements(text: str, *steps: str) -> Iterator[JsonElement]:
    """Yield the elements that `steps` lead to. A step is a member name, or EVERY_ELEMENT for each element of an array.

    Raises InvalidJson at the point from which the document is not valid JSON. The elements before it have been yielded.
    """
    reader = _PathReader(text)
    try:
        yield from reader.follow(steps, "$")
    except json.JSONDecodeError as error:
        raise InvalidJson(error.lineno, error.msg) from error
    except RecursionError as error:
        raise InvalidJson(reader.line, "nested too deeply") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class _PathReader:
    """A position in the text, and the line of that position."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder(parse_constant=_refuse_constant)
        self._position = 0
        self._lines_counted_to = 0
        self.line = 1

    def follow(self, steps: tuple[str, ...], path: str) -> Iterator[JsonElement]:
        """Yield the elements that `steps` lead to from the value at this position, and move past that value."""
        if not steps:
            self._count_lines()
            line = self.line
            yield JsonElement(path, line, self._read_value())
        elif steps[0] == EVERY_ELEMENT and self._peek() == "[":
            for index in self._members("[", "]"):
                yield from self.follow(steps[1:], f"{path}[{index}]")
        elif steps[0] != EVERY_ELEMENT and self._peek() == "{":
            for _ in self._members("{", "}"):
                name = self._read_value()
                self._expect(":")
                if name == steps[0]:
                    yield from self.follow(steps[1:], f"{path}.{name}")
                else:
                    self._read_value()
        else:
            self._read_value()

    def _members(self, opening: str, closing: str) -> Iterator[int]:
        self._expect(opening)
        if self._peek() == closing:
            self._expect(closing)
            return
        index = 0
        while True:
            yield index
            index += 1
            if self._peek() == closing:
                self._expect(closing)
                return
            self._expect(",")

    def _read_value(self) -> Any:
        self._peek()
        try:
            value, self._position = self._decoder.raw_decode(self._text, self._position)
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            raise json.JSONDecodeError(str(error), self._text, self._position) from error
        return value

    def _peek(self) -> str:
        blank = _BLANK.match(self._text, self._position)
        self._position = blank.end() if blank else self._position
        return self._text[self._position : self._position + 1]

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise json.JSONDecodeError(f"expected {character!r}", self._text, self._position)
        self._position += 1

    def _count_lines(self) -> None:
        self._peek()
        self.line += self._text.count("\n", self._lines_counted_to, self._position)
        self._lines_counted_to = self._position
