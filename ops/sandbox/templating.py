"""The sandbox's pages: Jinja2 with escaping, and what each page is sent with."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response

_FOLDER = Path(__file__).parent


class Pages:
    """Renders the templates of one face."""

    def __init__(self, face: str) -> None:
        """Render from `ops/sandbox/<face>/templates`."""
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER / face / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["moment"] = _moment

    def show(
        self, template: str, *, status: int = 200, form_targets: Sequence[str] = (), **values: object
    ) -> Response[str]:
        """Return a page. `form_targets` are the origins beside its own that its forms may end up at, redirects too."""
        targets = " ".join(("'self'", *form_targets))
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action {targets}"
        )
        return Response(
            self._environment.get_template(template).render(**values),
            status_code=status,
            media_type="text/html",
            headers={**HEADERS, "Content-Security-Policy": policy, "Cache-Control": "no-store"},
        )


# Under `no-referrer`, browsers post forms with `Origin: null`, and our own would be refused.
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


def style(face: str) -> Response[bytes]:
    """Return a face's style sheet."""
    content = (_FOLDER / face / "templates" / "style.css").read_bytes()
    return Response(content, media_type="text/css", headers={**HEADERS, "Cache-Control": "max-age=60"})


def _moment(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
