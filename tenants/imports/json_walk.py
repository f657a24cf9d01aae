"""Walking into a JSON document without needing all of it: what stands before a break can still be read.

A document that is truncated, or broken somewhere, is not lost as a whole: every element up to there is yielded, with
the line it begins on, and then `Broken` says where the reading ended.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

ANY = "*"
_BLANK = re.compile(r"[ \t\r\n]*")


class Broken(Exception):
    """The document is not JSON from `line` on."""

    def __init__(self, line: int, reason: str) -> None:
        """Say where and why."""
        super().__init__(reason)
        self.line = line
        self.reason = reason


class Element(NamedTuple):
    """A value, where it stands and on which line it begins."""

    path: str
    line: int
    value: Any


def elements(text: str, *steps: str) -> Iterator[Element]:
    """Yield what is found by following `steps`: member names, and ANY for every element of an array.

    Raises Broken where the document stops being JSON, after what came before it was yielded.
    """
    walk = _Walk(text)
    try:
        yield from walk.follow(steps, "$")
    except json.JSONDecodeError as error:
        raise Broken(error.lineno, error.msg) from error
    except RecursionError as error:
        raise Broken(walk.line, "nested too deeply") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class _Walk:
    """A position in the text, and the line it is on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)
        self._at = 0
        self._counted = 0
        self.line = 1

    def follow(self, steps: tuple[str, ...], path: str) -> Iterator[Element]:
        """Yield the elements that `steps` lead to from the value at this position, and go past that value."""
        if not steps:
            self._count_lines()
            line = self.line
            yield Element(path, line, self._value())
        elif steps[0] == ANY and self._peek() == "[":
            for index in self._members("[", "]"):
                yield from self.follow(steps[1:], f"{path}[{index}]")
        elif steps[0] != ANY and self._peek() == "{":
            for _ in self._members("{", "}"):
                name = self._value()
                self._take(":")
                if name == steps[0]:
                    yield from self.follow(steps[1:], f"{path}.{name}")
                else:
                    self._value()
        else:
            self._value()

    def _members(self, opening: str, closing: str) -> Iterator[int]:
        self._take(opening)
        if self._peek() == closing:
            self._take(closing)
            return
        index = 0
        while True:
            yield index
            index += 1
            if self._peek() == closing:
                self._take(closing)
                return
            self._take(",")

    def _value(self) -> Any:
        self._peek()
        try:
            value, self._at = self._decoder.raw_decode(self._text, self._at)
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            raise json.JSONDecodeError(str(error), self._text, self._at) from error
        return value

    def _peek(self) -> str:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> None:
        if self._peek() != character:
            raise json.JSONDecodeError(f"expected {character!r}", self._text, self._at)
        self._at += 1

    def _count_lines(self) -> None:
        self._peek()
        self.line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
