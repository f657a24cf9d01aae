"""The sandbox's HTML pages: Jinja2 templates with escaping, and the security headers of each page."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response

_FOLDER = Path(__file__).parent


class Pages:
    """Renders the templates of one application."""

    def __init__(self, application: str, **filters: Callable[..., str]) -> None:
        """Render from `ops/sandbox/<application>/templates`, with `filters` besides those of Jinja2."""
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER / application / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(filters, moment=_moment)

    def show(
        self, template: str, *, status: int = 200, form_targets: Sequence[str] = (), **values: object
    ) -> Response[str]:
        """Return a page. `form_targets` are the other origins to which its forms may lead, including by a redirect."""
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


# With `no-referrer`, browsers post forms with `Origin: null`, which `check_same_origin` refuses.
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


def style(application: str) -> Response[bytes]:
    """Return the style sheet of an application."""
    content = (_FOLDER / application / "templates" / "style.css").read_bytes()
    return Response(content, media_type="text/css", headers={**HEADERS, "Cache-Control": "max-age=60"})


def _moment(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
