"""Texts of samples that are made when a page is made, so that they are in the language of the page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from babel.support import LazyProxy

from haas.language import day_text, gettext
from tenants.accounts.models import account_hint


def late(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Return what stands for the result of a function of the product, which is called whenever it is used."""
    return LazyProxy(function, *arguments, enable_cache=False, **named)


def said(message: str, **values: Any) -> Any:
    """Return a message of the product."""
    return late(gettext, message, **values)


def day(at: datetime) -> Any:
    """Return a day as the language writes it."""
    return late(day_text, at)


def hint(number: int) -> Any:
    """Return what tells an account apart that has this number."""
    return late(account_hint, str(number))
