"""Finds every regular expression of the product, and makes inputs for which one takes the most time."""

import ast
import importlib
import re
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined] # the parser of the standard library, which has no public name
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = {"platform": "platform", "tenants": "", "themes": "", "apps": "", "workers": "", "ops": ""}
_METHODS: Final = frozenset({"match", "fullmatch", "search", "sub", "split", "findall", "finditer"})
_MAY_HAVE_PATTERNS: Final = re.compile(r"\bre\.|\bpattern=")
"""A file without a match is not parsed: to parse all files takes longer than to find their patterns."""
_REPEATS: Final = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_MANY: Final = 16
"""A repeat with a higher maximum counts as unlimited."""
_WITNESSES: Final = 6


class Found(NamedTuple):
    """A pattern in the source."""

    where: str
    """`file:line`."""
    pattern: "re.Pattern[Any] | None"
    """None if it is known only at run time."""
    used: frozenset[str]
    """The methods by which it is used."""


class Attack(NamedTuple):
    """An input: `prefix`, then `pump` repeated up to a length, then `suffix`."""

    prefix: str
    pump: str
    suffix: str

    def of_length(self, length: int) -> str:
        times = max(1, length // len(self.pump))
        return self.prefix + self.pump * times + self.suffix


def patterns() -> Iterator[Found]:
    """Yield every pattern in `re.…(…)`, `Meta(pattern=…)` and the proxy's configuration."""
    for folder, base in FOLDERS.items():
        for file in sorted((ROOT / folder).rglob("*.py")):
            relative = file.relative_to(ROOT / base)
            if "versions" in relative.parts:  # migrations, which read no input
                continue
            text = file.read_text()
            if _MAY_HAVE_PATTERNS.search(text):
                module = ".".join(relative.with_suffix("").parts)
                yield from _in_module(ast.parse(text), file.relative_to(ROOT).as_posix(), module)
    yield from _in_proxy()


def _in_module(tree: ast.Module, file: str, module: str) -> Iterator[Found]:
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    names_of_calls = _names_of_calls(nodes)
    for call in calls:
        expression, used = _expression(call, names_of_calls.get(call), calls)
        if expression is None:
            continue
        try:
            names = vars(importlib.import_module(module.removesuffix(".__init__")))
            value = eval(compile(ast.Expression(expression), file, "eval"), dict(names))  # noqa: S307 - our own source
        except NameError:
            value = None
        pattern = re.compile(value) if isinstance(value, str) else value
        yield Found(f"{file}:{call.lineno}", pattern, used)


def _expression(call: ast.Call, name: str | None, calls: list[ast.Call]) -> tuple[ast.expr | None, frozenset[str]]:
    """Return the expression of the pattern in a call (None if it has none), and the methods that use it."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re":
        if function.attr == "compile":
            return call, _uses(name, calls)
        if function.attr in _METHODS:
            return call.args[0], frozenset({function.attr})
    keyword = next((keyword.value for keyword in call.keywords if keyword.arg == "pattern"), None)
    return keyword, frozenset({"search"})


def _names_of_calls(nodes: list[ast.AST]) -> dict[ast.AST, str]:
    """Return the variable to which the result of a call is assigned, by the call."""
    names: dict[ast.AST, str] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.value] = node.targets[0].id
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            names[node.value] = node.target.id
    return names


def _uses(name: str | None, calls: list[ast.Call]) -> frozenset[str]:
    used = {
        call.func.attr
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in _METHODS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == name
    }
    return frozenset(used or {"search"})  # a pattern without a known use, for example in a list, counts as searched


def _in_proxy() -> Iterator[Found]:
    file = ROOT / "ops/proxy/nginx.conf.j2"
    for number, line in enumerate(file.read_text().splitlines(), 1):
        for written in re.findall(r"\"~\*?([^\"]+)\"", line):
            text = written.replace("(?<", "(?P<")
            yield Found(f"{file.relative_to(ROOT).as_posix()}:{number}", re.compile(text), frozenset({"search"}))


def attacks(pattern: "re.Pattern[Any]") -> Iterator[Attack]:
    """Yield inputs whose beginning and repeated part match the pattern, and whose end does not match.

    The part before a repeat is repeated too, because a search starts again at each of its occurrences.
    """
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parsed = _parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    alphabet = sorted({character for witness in _alphabet(parsed) for character in witness})
    suffixes = ["", "\0", "\n", " ", "!"]
    pumps: set[tuple[str, str]] = {("", character) for character in alphabet}
    pumps |= {("", "".join(pair)) for pair in islice(product(alphabet, repeat=2), 400)}
    for prefix, bodies in _repeats(list(parsed), ""):
        for body in filter(None, bodies):
            pumps.add((prefix, body))
            pumps |= {("", prefix + body + character) for character in ("", *alphabet)}
            pumps |= {(prefix, body + character) for character in alphabet}
            pumps.add(("", prefix or body))
    for prefix, pump in sorted(pumps):
        for suffix in suffixes:
            yield Attack(prefix, pump, suffix)


def _repeats(items: list[Any], before: str) -> Iterator[tuple[str, list[str]]]:
    """Yield for each repeat in a parsed pattern a text that matches up to it, and texts that its body matches."""
    for operation, argument in items:
        if operation in _REPEATS:
            _, maximum, body = argument
            bodies = _witnesses(list(body))
            if maximum > _MANY:
                yield before, bodies
            yield from _repeats(list(body), before)
        elif operation is _constants.SUBPATTERN:
            yield from _repeats(list(argument[3]), before)
        elif operation is _constants.BRANCH:
            for branch in argument[1]:
                yield from _repeats(list(branch), before)
        elif operation in {_constants.ASSERT, _constants.ASSERT_NOT}:
            yield from _repeats(list(argument[1]), before)
        before += _witnesses([(operation, argument)])[0]


def _witnesses(items: list[Any]) -> list[str]:
    """Return some texts that a part of a pattern matches; the first is a shortest one that is not empty."""
    found = [""]
    for operation, argument in items:
        found = ["".join(pair) for pair in islice(product(found, _of_one(operation, argument)), _WITNESSES)]
    return found


def _of_one(operation: Any, argument: Any) -> list[str]:  # noqa: PLR0911 - one return for each kind
    if operation is _constants.LITERAL:
        return [chr(argument)]
    if operation is _constants.NOT_LITERAL:
        return [next(one for one in "a1 " if ord(one) != argument)]
    if operation is _constants.ANY:
        return ["a", " "]
    if operation is _constants.IN:
        return _of_class(argument)
    if operation in _REPEATS:
        minimum, _, body = argument
        return [witness * max(minimum, 1) for witness in _witnesses(list(body))]
    if operation is _constants.SUBPATTERN:
        return _witnesses(list(argument[3]))
    if operation is _constants.BRANCH:
        return [_witnesses(list(branch))[0] for branch in argument[1]][:_WITNESSES]
    return [""]  # assertions, and references to groups


def _of_class(members: list[Any]) -> list[str]:
    accepts = re.compile(_class_text(members))
    likely = [
        chr(member[1] if member[0] is _constants.LITERAL else member[1][0]) for member in members if _plain(member)
    ]
    return [one for one in dict.fromkeys([*likely, *"a1A -._@=\n\t~"]) if accepts.fullmatch(one)][:_WITNESSES]


def _plain(member: Any) -> bool:
    return member[0] in {_constants.LITERAL, _constants.RANGE}


def _class_text(members: list[Any]) -> str:
    categories = {
        _constants.CATEGORY_DIGIT: r"\d",
        _constants.CATEGORY_NOT_DIGIT: r"\D",
        _constants.CATEGORY_SPACE: r"\s",
        _constants.CATEGORY_NOT_SPACE: r"\S",
        _constants.CATEGORY_WORD: r"\w",
        _constants.CATEGORY_NOT_WORD: r"\W",
    }
    written = ""
    for kind, value in members:
        if kind is _constants.NEGATE:
            written += "^"
        elif kind is _constants.LITERAL:
            written += re.escape(chr(value))
        elif kind is _constants.RANGE:
            written += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        else:
            written += categories[value]
    return f"[{written}]"


def _alphabet(items: Any) -> Iterator[str]:
    for operation, argument in items:
        if operation in _REPEATS:
            yield from _alphabet(argument[2])
        elif operation is _constants.SUBPATTERN:
            yield from _alphabet(argument[3])
        elif operation is _constants.BRANCH:
            for branch in argument[1]:
                yield from _alphabet(branch)
        else:
            yield from _of_one(operation, argument)
