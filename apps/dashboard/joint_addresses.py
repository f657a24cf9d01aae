"""The addresses of the pages about joint accounts, and their names, by which the sign-in leads back to them.

A page is named by the parts of its address, so a name cannot express another site (decision 0058). A page belongs to an
account and to the customer who holds it: a person can act for several holders of one account.
"""

from collections.abc import Sequence
from typing import Final, get_args
from uuid import UUID

from tenants.accounts.models import DisclosureOption

JOINT_ACCOUNTS: Final = "/dashboard/joint-accounts"
JOINT_ACCOUNT: Final = f"{JOINT_ACCOUNTS}/{{customer_id:uuid}}/{{account_id:uuid}}"
_NAME: Final = "joint"
"""How the name of each of these pages begins."""
_ID: Final = "{id}"
_OPTIONS: Final[tuple[str, ...]] = get_args(DisclosureOption)
_SHAPES: Final[tuple[tuple[Sequence[str], ...], ...]] = (
    (),
    (_ID, _ID),
    (_ID, _ID, ("option",), _OPTIONS),
    (_ID, _ID, ("proposal",), _ID, ("agree", "decline", "withdraw")),
    (_ID, _ID, ("sharing",), _ID),
    (_ID, _ID, ("sharing",), _ID, ("approve", "decline", "remove")),
)
"""What follows JOINT_ACCOUNTS in the address of each page: ids, and one of several words."""


def account_path(customer_id: UUID, account_id: UUID, *parts: object) -> str:
    """Return the address of the page of an account, or of a page below it."""
    return "/".join(map(str, (JOINT_ACCOUNTS, customer_id, account_id, *parts)))


def joint_page_name(path: str) -> str:
    """Return the name of the page at `path`, or "" if it is no page about joint accounts."""
    if path != JOINT_ACCOUNTS and not path.startswith(f"{JOINT_ACCOUNTS}/"):
        return ""
    parts = path.split("/")[3:]
    return ".".join((_NAME, *parts)) if _is_page(parts) else ""


def joint_page_path(name: str) -> str:
    """Return the path of the page with this name, or "" for every name that `joint_page_name` does not return."""
    first, *parts = name.split(".")
    return "/".join((JOINT_ACCOUNTS, *parts)) if first == _NAME and _is_page(parts) else ""


def _is_page(parts: Sequence[str]) -> bool:
    return any(len(parts) == len(shape) and all(map(_fits, parts, shape)) for shape in _SHAPES)


def _fits(part: str, allowed: Sequence[str]) -> bool:
    if allowed != _ID:
        return part in allowed
    try:
        return str(UUID(part)) == part
    except ValueError:
        return False
