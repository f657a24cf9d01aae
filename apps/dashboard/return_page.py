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
_USERS: Final = "secondary-users"
SECONDARY_USERS: Final = f"{DASHBOARD}/{_USERS}"
_PAGES_OF_A_USER: Final = ((), ("permit",), ("withdraw",))
"""The pages about one person who may use an account: what follows the id in their names and addresses."""


def page_name(path: str) -> str:
    """Return the name of the page at `path`. It is empty for the list, and for every other path."""
    if joint := joint_page_name(path):
        return joint
    arrangement_id, slash, last = path.removeprefix(_ARRANGEMENTS).partition("/")
    if not path.startswith(_ARRANGEMENTS) or parse_arrangement_id(arrangement_id) is None:
        return _users_name(path)
    ends = [end for end, suffix in _PAGES.items() if suffix == slash + last]
    return f"{arrangement_id}.{ends[0]}".rstrip(".") if ends else ""


def page_path(name: str) -> str:
    """Return the path of the page with this name. It is the list for every name that `page_name` does not return."""
    if joint := joint_page_path(name):
        return joint
    arrangement_id, _, end = name.partition(".")
    if parse_arrangement_id(arrangement_id) is None or end not in _PAGES:
        return _users_path(name) or DASHBOARD
    return f"{_ARRANGEMENTS}{arrangement_id}{_PAGES[end]}"


def _users_name(path: str) -> str:
    """Return the name of a page about those who may use the person's accounts. It is empty for every other path.

    The pages about one recipient have no names of their own: for them it is the page about the person who uses the
    account.
    """
    of_one_user = "/".join(path.split("/")[: SECONDARY_USERS.count("/") + 2])
    for known in (path, of_one_user):
        name = known.removeprefix(f"{DASHBOARD}/").replace("/", ".")
        if _users_path(name) == known:
            return name
    return ""


def _users_path(name: str) -> str | None:
    """Return the path of a page about those who may use the person's accounts, or None for every other name."""
    first, *rest = name.split(".")
    if first != _USERS or (rest and (parse_arrangement_id(rest[0]) is None or tuple(rest[1:]) not in _PAGES_OF_A_USER)):
        return None
    return "/".join([DASHBOARD, first, *rest])


def with_query(path: str, **values: str) -> str:
    """Return the address of `path` with those parameters that are not empty."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{path}?{query}" if query else path
