"""Log events have one form: `area.event`, a literal, with the details in `extra`, so that they can be searched for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("platform", "tenants", "themes", "apps", "workers", "ops")
EVENT = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def is_logger(node: ast.expr) -> bool:
    """Whether an expression is the module's `logger`, the logging module itself, or a call of `getLogger`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in {"logger", "logging"}
        case ast.Call(func=ast.Attribute(attr="getLogger")):
            return True
        case _:
            return False


def findings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[ast.Name(id="__name__")])):
                if name != "logger":
                    yield f"line {node.lineno}: a module's logger is called `logger`"
            case ast.Call(func=ast.Attribute(attr=method, value=value), args=arguments) if (
                method in METHODS and is_logger(value)
            ):
                match arguments:
                    case [ast.Constant(value=str(event))] if method != "log" and EVENT.fullmatch(event):
                        pass
                    case _:
                        yield f"line {node.lineno}: the event is not a literal of the form `area.event`"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_log_event_has_the_required_form(folder: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}, {finding}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for finding in findings(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "call",
    [
        'logger.info("notice was delivered")',
        'logger.info("delivered")',
        'logger.info("notice.Delivered")',
        'logger.info("notice.delivered %s", notice.id)',
        'logger.warning(f"notice.{state}")',
        "logger.error(event)",
        "logger.exception()",
        'logger.log(10, "notice.delivered")',
        'self.logger.info("delivered")',
        'logging.info("delivered")',
        'logging.getLogger("haas").info("delivered")',
        "log = logging.getLogger(__name__)",
    ],
)
def test_a_log_call_of_another_form_is_found(call: str) -> None:
    assert len(list(findings(call))) == 1


@pytest.mark.parametrize(
    "call",
    [
        'logger.info("notice.delivered", extra={"notice": notice.id})',
        'logger.exception("register.client_removed")',
        "logger = logging.getLogger(__name__)",
        'logging.getLogger("httpx").setLevel(10)',
        "math.log(2)",
    ],
)
def test_a_log_call_of_the_required_form_is_accepted(call: str) -> None:
    assert list(findings(call)) == []
