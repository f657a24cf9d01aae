"""The errors in the answers of AEMO: which service points they are about, and which code a recipient may see.

AEMO names NMIs in its errors. A recipient may have no scope for them, so no text of AEMO is passed on, and only such
codes as cannot contain an NMI (CDS, ErrorV2; the case L13 of public reports).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

NMI_LENGTH: Final = 10
"""The characters of an NMI without its checksum, with which some systems write it."""
MAXIMUM_ERRORS: Final = 1_000
_MAXIMUM_CODE: Final = 100
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9:/_.-]*")
_OF_A_SERVICE_POINT: Final = re.compile(r"InvalidSP|(Invalid|Unavailable)ServicePoint", re.IGNORECASE)


class AemoError(NamedTuple):
    """One error of an answer."""

    code: str
    text: str
    """The code and every other text of the error, in upper case. It can contain NMIs and is only searched."""

    @property
    def is_of_a_service_point(self) -> bool:
        """Whether the code says that the participant may not ask for a service point."""
        return _OF_A_SERVICE_POINT.search(self.code) is not None


def short_nmi(nmi: str) -> str:
    """Return an NMI in the form in which NMIs are compared: ten characters, in upper case."""
    return nmi.strip()[:NMI_LENGTH].upper()


def read_errors(body: bytes) -> list[AemoError]:
    """Return the errors of an answer. Return none if the answer is not JSON or does not contain an error."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return []
    found = []
    for each, _ in zip(_error_objects(answer), range(MAXIMUM_ERRORS), strict=False):
        code = str(_member(each, "code") or "").strip()
        found.append(AemoError(code, " ".join(_texts(each)).upper()))
    return found


def mentioned(errors: Iterable[AemoError], nmis: Iterable[str]) -> set[str]:
    """Return those of `nmis` that an error names. They are compared by their first ten characters."""
    texts = [error.text for error in errors]
    return {nmi for nmi in nmis if any(short_nmi(nmi) in text for text in texts)}


def code_to_pass_on(errors: Iterable[AemoError]) -> str | None:
    """Return the first code that a recipient may see, or None. A code with five digits could contain an NMI."""
    for error in errors:
        digits = sum(map(str.isdigit, error.code))
        if len(error.code) <= _MAXIMUM_CODE and digits < NMI_LENGTH // 2 and _CODE.fullmatch(error.code):
            return error.code
    return None


def _error_objects(answer: object) -> Iterator[dict[str, Any]]:
    """Yield the error objects. AEMO's own examples have members such as `error 1` instead of the list `errors`."""
    members = _member(answer, "errors") if isinstance(answer, dict) else None
    if members is None and isinstance(answer, dict):
        members = [answer] if _member(answer, "code") else list(answer.values())
    if isinstance(members, dict):
        members = list(members.values())
    for each in members if isinstance(members, list) else ():
        if isinstance(each, dict):
            yield each


def _member(found: dict[str, Any], name: str) -> Any:
    return next((value for key, value in found.items() if key.lower() == name), None)


def _texts(found: object) -> Iterator[str]:
    """Yield every text of an error object."""
    if isinstance(found, dict):
        for value in found.values():
            yield from _texts(value)
    elif isinstance(found, list):
        for value in found:
            yield from _texts(value)
    elif isinstance(found, str | int):
        yield str(found)
