"""The page to which a person returns after the sign-in, for example from a link in a message.

It goes through the sign-in as the name of a page of the dashboard, and never as an address. So nobody can make a link
to the sign-in that leads to another site (decision 0058).
"""

from typing import Final
from urllib.parse import urlencode

from apps.dashboard.joint_addresses import joint_page_name, joint_page_path
from tenants.arrangements.models import parse_arrangement_id

DASHBOARD: Final = "/dashboard"
RETURN_TO: Final = "to"
"""The parameter and form field with the name of the page."""
_ARRANGEMENTS: Final = f"{DASHBOARD}/arrangements/"
_PAGES: Final = {"": "", "stop": "/withdraw", "record": "/record"}
"""The pages of an arrangement: the end of their names, and the end of their addresses."""


def page_name(path: str) -> str:
    """Return the name of the page at `path`. It is empty for the list, and for every other path."""
    if joint := joint_page_name(path):
        return joint
    arrangement_id, slash, last = path.removeprefix(_ARRANGEMENTS).partition("/")
    if not path.startswith(_ARRANGEMENTS) or parse_arrangement_id(arrangement_id) is None:
        return ""
    ends = [end for end, suffix in _PAGES.items() if suffix == slash + last]
    return f"{arrangement_id}.{ends[0]}".rstrip(".") if ends else ""


def page_path(name: str) -> str:
    """Return the path of the page with this name. It is the list for every name that `page_name` does not return."""
    if joint := joint_page_path(name):
        return joint
    arrangement_id, _, end = name.partition(".")
    if parse_arrangement_id(arrangement_id) is None or end not in _PAGES:
        return DASHBOARD
    return f"{_ARRANGEMENTS}{arrangement_id}{_PAGES[end]}"


def with_query(path: str, **values: str) -> str:
    """Return the address of `path` with those parameters that are not empty."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{path}?{query}" if query else path
