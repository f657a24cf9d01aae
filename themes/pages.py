"""Pages with one message: an error, or the end of a consent flow."""

from typing import Final, Literal

import msgspec

from haas.language import gettext, gettext_noop
from themes.brand import Brand
from themes.rendering import render as render_template
from themes.sites import CONSUMER, Link, Site
from themes.tone import SENTENCES, ToneName
from themes.views import RecipientLink

_TRY_AGAIN: Final = Link("try-again", "", gettext_noop("Try again"))
"""An empty address is that of the page itself, also of a page that a server sends in place of another one."""
_UNKNOWN_RECIPIENT: Final = gettext_noop("the app or website that you came from")

MessageKind = Literal[
    "bad-request",
    "not-found",
    "refused",
    "form-refused",
    "flow-unknown",
    "flow-awaited",
    "flow-unfinished",
    "flow-sharing",
    "flow-stopped",
    "flow-cancelled",
    "flow-expired",
    "request-over",
    "request-invalid",
    "response-impossible",
    "too-large",
    "misdirected",
    "failed",
    "unavailable",
    "down",
    "too-many-requests",
    "suspended",
]


class Message(msgspec.Struct, frozen=True):
    """The HTTP status and the texts of a page."""

    status: int
    heading: str
    texts: tuple[str, ...]
    """`{recipient}` is the name of the data recipient whose request the page is about."""
    links_to_start: bool = False
    """Whether the page has a link to the start of its site."""
    links_to_recipient: bool = False
    """Whether the page first has a link to the data recipient, if it is known."""
    links_to_itself: bool = False
    """Whether the page has a link to its own address, to try again."""
    names_contacts: bool = False
    """Whether the page says how a person can stop sharing without these pages (CDR Rules 4.25)."""


MESSAGES: Final[dict[MessageKind, Message]] = {
    "bad-request": Message(
        400, gettext_noop("We could not read this"), (gettext_noop("It is not well formed. Nothing has been changed."),)
    ),
    "not-found": Message(404, gettext_noop("Page not found"), (SENTENCES["not_found"].usual,), links_to_start=True),
    "refused": Message(
        403,
        gettext_noop("This is not possible"),
        (gettext_noop("You are not allowed to do this."),),
        links_to_start=True,
    ),
    "form-refused": Message(
        403,
        gettext_noop("We could not accept this form"),
        (
            gettext_noop("The page that you came from is no longer valid, so nothing has been changed."),
            gettext_noop("Go back, load the page again, and try once more. Cookies must be allowed for this site."),
        ),
        links_to_start=True,
    ),
    "flow-unknown": Message(
        403,
        gettext_noop("We cannot go on here"),
        (
            gettext_noop("This page belongs to another browser, or cookies are not allowed for this site."),
            gettext_noop("This visit has changed nothing."),
            gettext_noop("To share your data, go back to the app or website that you came from and start there again."),
        ),
        links_to_start=True,
    ),
    "flow-awaited": Message(
        410,
        gettext_noop("You have authorised this request"),
        (
            gettext_noop("Sharing begins when {recipient} has received our answer. Go back there to continue."),
            gettext_noop("Here you can see what you share, and stop it."),
        ),
        links_to_start=True,
        links_to_recipient=True,
    ),
    "flow-unfinished": Message(
        410,
        gettext_noop("This request was not completed"),
        (
            gettext_noop("You authorised it, but {recipient} did not complete it in time. It has changed nothing."),
            gettext_noop("To share your data, go back to {recipient} and start there again."),
        ),
        links_to_start=True,
        links_to_recipient=True,
    ),
    "flow-sharing": Message(
        410,
        gettext_noop("You have authorised this request"),
        (
            gettext_noop("What you agreed to is in force. Go back to {recipient} to continue."),
            gettext_noop("Here you can see what you share, and stop it."),
        ),
        links_to_start=True,
        links_to_recipient=True,
    ),
    "flow-stopped": Message(
        410,
        gettext_noop("This sharing has ended"),
        (
            gettext_noop(
                "You authorised this request, and the sharing has ended since then. No more data is shared because of "
                "it."
            ),
            gettext_noop("To share your data again, go back to {recipient} and start there."),
        ),
        links_to_start=True,
        links_to_recipient=True,
    ),
    "flow-cancelled": Message(
        410,
        gettext_noop("This request was cancelled"),
        (
            gettext_noop("Nothing is shared because of it, and it has changed nothing."),
            gettext_noop("To share your data, go back to {recipient} and start there again."),
        ),
        links_to_start=True,
        links_to_recipient=True,
    ),
    "flow-expired": Message(
        410,
        gettext_noop("This request has expired"),
        (
            gettext_noop("It was open for one hour. Nothing is shared because of it, and it has changed nothing."),
            gettext_noop("To share your data, go back to {recipient} and start there again."),
        ),
        links_to_start=True,
        links_to_recipient=True,
    ),
    "request-over": Message(
        410,
        gettext_noop("This request is over"),
        (
            gettext_noop("It has already been answered, cancelled, or has expired. This visit has changed nothing."),
            gettext_noop("To share your data, go back to {recipient} and start there again."),
        ),
        links_to_start=True,
        links_to_recipient=True,
    ),
    "request-invalid": Message(
        400,
        gettext_noop("This request cannot be used"),
        (
            gettext_noop(
                "The app or website that sent you here sent something that we cannot accept. No data has been shared."
            ),
            gettext_noop("Go back to it and start again. If that does not help, contact the company that provides it."),
        ),
        links_to_start=True,
    ),
    "response-impossible": Message(
        400,
        gettext_noop("We cannot take you back"),
        (
            gettext_noop("We cannot send our answer to {recipient}. This request is over. It has changed nothing."),
            gettext_noop("Go back there yourself. To share your data, start there again later."),
        ),
        links_to_start=True,
        links_to_recipient=True,
    ),
    "too-large": Message(
        413,
        gettext_noop("Too much at once"),
        (gettext_noop("We do not accept anything this large. Nothing has been changed."),),
    ),
    "misdirected": Message(
        421, gettext_noop("Wrong address"), (gettext_noop("This site is not served over this connection."),)
    ),
    "failed": Message(
        500,
        gettext_noop("Something went wrong on our side"),
        (
            gettext_noop(
                "We are sorry. Unless you saw a confirmation, nothing has been changed. Please try again in a few "
                "minutes."
            ),
        ),
    ),
    "unavailable": Message(503, gettext_noop("We are busy right now"), (SENTENCES["busy"].usual,)),
    "down": Message(
        503,
        gettext_noop("These pages are not available now"),
        (
            gettext_noop("We are sorry, and are working on it. Please try again in a few minutes."),
            gettext_noop("What you share has not changed, unless you saw a confirmation."),
        ),
        links_to_itself=True,
        names_contacts=True,
    ),
    "too-many-requests": Message(
        429,
        gettext_noop("Please wait a minute"),
        (
            gettext_noop(
                "There were many tries from your network in a short time. Other people may use the same network, so it "
                "may not be you. Please wait a minute, and try again."
            ),
            gettext_noop("Nothing has been changed."),
        ),
        links_to_itself=True,
        names_contacts=True,
    ),
    "suspended": Message(
        503,
        gettext_noop("Data sharing is paused"),
        (
            gettext_noop("At the moment we do not take new requests to share data. Please try again later."),
            gettext_noop("You can still see what you share, and stop it."),
        ),
        links_to_start=True,
    ),
}


_STAFF_MESSAGES: Final[dict[MessageKind, Message]] = {
    "suspended": Message(
        503,
        "This brand is suspended",
        ("The provider has suspended this brand, so these pages are not available. Please try again later.",),
    ),
}
"""The messages whose texts for staff differ from those for consumers."""


_IN_THE_TONE_OF_THE_BRAND: Final[dict[MessageKind, ToneName]] = {"not-found": "not_found", "unavailable": "busy"}
"""The messages for consumers whose only text is a sentence that a brand may replace."""


def status_of(kind: MessageKind) -> int:
    """Return the HTTP status of a page of this kind."""
    return MESSAGES[kind].status


def render(
    brand: Brand,
    site: Site,
    kind: MessageKind,
    *,
    reference: str | None = None,
    recipient: RecipientLink | None = None,
) -> str:
    """Return the page. `reference` is what a person can read out to support; None: the page has none.

    `recipient` is the data recipient whose request the page is about, or None if there is none or it is unknown.
    """
    message = MESSAGES[kind] if site is CONSUMER else _STAFF_MESSAGES.get(kind, MESSAGES[kind])
    own = _IN_THE_TONE_OF_THE_BRAND.get(kind) if site is CONSUMER else None
    link = _TRY_AGAIN if message.links_to_itself else site.start if message.links_to_start else None
    name = gettext(_UNKNOWN_RECIPIENT) if recipient is None else recipient.name
    return render_template(
        "message",
        brand,
        site,
        heading=gettext(message.heading),
        paragraphs=[brand.texts["ends"].say(own)] if own else [gettext(text, recipient=name) for text in message.texts],
        recipient=recipient if message.links_to_recipient and recipient is not None and recipient.href else None,
        link=None if link is None else msgspec.structs.replace(link, text=gettext(link.text)),
        link_is_main=message.links_to_itself,
        names_contacts=message.names_contacts,
        reference=reference,
    )
