"""The routes of the console: a page that says that nobody can sign in yet.

The application's login cannot use the tables of the console. So the pages for operators who have signed in need a
process of their own, with the login of the operator's commands (decision 0023).
"""

from typing import Any

from litestar import Request, Response, route

from apps.http.pages import page
from apps.http.read_methods import READ_METHODS


@route("/", http_method=READ_METHODS)
async def show_start(request: Request[Any, Any, Any]) -> Response[str]:
    """Say whom these pages are for."""
    return page(request, "console/start")
