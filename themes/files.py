"""The files of a theme: what is too large for its tokens, which every process keeps in memory for all brands.

A theme names a file by the digest of its content. So a file is never changed, and browsers keep it for a year.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from tenants.registry.models import THEME_FILES, ThemeFile
from themes.errors import ThemeError
from themes.touch_icon import IconError, clean_icon
from themes.woff2 import FontError, check_font

PICTURE: Final = "image/png"
_SUFFIXES: Final[Mapping[str, str]] = {"font/woff2": "woff2", PICTURE: "png"}
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def with_files(tokens: Mapping[str, Any], contents: Mapping[str, bytes]) -> tuple[dict[str, Any], list[ThemeFile]]:
    """Return the tokens with the digests of new files, and the files as they are stored.

    `contents` has the content of each file by its token. Raise ThemeError with all problems.
    """
    named, files, problems = dict(tokens), [], []
    for token, content in contents.items():
        try:
            file = _checked(token, content)
        except (FontError, IconError) as error:
            problems.append(f"{token}: {error}")
        else:
            named[token] = file.digest
            files.append(file)
    if problems:
        raise ThemeError(problems)
    return named, files


def is_digest(text: str) -> bool:
    """Return whether a text can name a file."""
    return _DIGEST.fullmatch(text) is not None


def file_name(token: str, digest: str) -> str:
    """Return the last part of the address of a file."""
    return f"{digest}.{_SUFFIXES[THEME_FILES[token]]}"


def _checked(token: str, content: bytes) -> ThemeFile:
    media_type = THEME_FILES.get(token)
    if media_type is None:
        raise FontError(f"this token names no file; those that do are {', '.join(THEME_FILES)}")
    if media_type == PICTURE:
        content = clean_icon(content)
    else:
        check_font(content)
    return ThemeFile(digest=hashlib.sha256(content).hexdigest(), media_type=media_type, content=content)
