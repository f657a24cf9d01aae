"""Texts that tell a person why an input was not accepted, and the field that the text is about."""

from typing import Final

import msgspec

from haas.language import gettext, gettext_noop, ngettext


class Problem(msgspec.Struct, frozen=True):
    """The text of an error summary, and the id of the field that it links to. Without a field the id is empty."""

    text: str
    field: str


_PROBLEMS: Final = {
    "identifier-missing": Problem(gettext_noop("Enter your {label}."), "identifier"),
    "identifiers-used": Problem(
        gettext_noop(
            "You have entered details of several customers. To try another one, cancel, and start again where you came "
            "from."
        ),
        "identifier",
    ),
    "code-not-sent": Problem(
        gettext_noop("No new code can be sent now. You can still enter the last code that we sent."), ""
    ),
    "code-malformed": Problem(gettext_noop("Enter the 6 digits of the code."), "code"),
    "code-wrong": Problem(gettext_noop("That code is not right. It cannot be tried again; send a new code."), "code"),
    "code-expired": Problem(gettext_noop("That code has expired. Send a new code."), "code"),
    "code-closed": Problem(gettext_noop("That code cannot be used any more. Send a new code."), "code"),
    "customer-missing": Problem(gettext_noop("Choose whose data you want to share."), "customer-1"),
    "accounts-missing": Problem(gettext_noop("Choose at least one account."), "account-1"),
    "review-changed": Problem(
        gettext_noop(
            "What we would share has changed since this page was shown. You have not authorised anything yet. Please "
            "check it again."
        ),
        "",
    ),
    "response-impossible": Problem(
        gettext_noop(
            "The app or website that you came from cannot receive our answer at present. You have not authorised "
            "anything yet. Try again in a few minutes, or cancel and start there again later."
        ),
        "",
    ),
    "option-changed": Problem(
        gettext_noop(
            "The option of this account has changed since the page was shown. You have not changed anything yet. "
            "Please check it again."
        ),
        "",
    ),
    "proposal-open": Problem(
        gettext_noop(
            "Another account holder has proposed an option meanwhile. You have not changed anything. Answer that "
            "proposal first."
        ),
        "proposal",
    ),
    "proposal-over": Problem(
        gettext_noop("This proposal is closed, or you have answered it already. Nothing was changed now."), ""
    ),
    "answer-not-needed": Problem(
        gettext_noop("Your answer was not needed any more, or the time for it was over. Nothing was changed."), ""
    ),
    "notices-missing": Problem(gettext_noop("Choose which messages you want."), "notices-all"),
}


def problem(code: str | None, *, label: str = "", tries_left: int = 0) -> Problem | None:
    """Return the problem with this code, which comes from the URL, or None if there is no code or it is unknown."""
    found = None if code is None else _PROBLEMS.get(code)
    if found is None:
        return None
    if code == "code-wrong" and tries_left:
        return Problem(_wrong_code(tries_left), found.field)
    return Problem(gettext(found.text, label=label[:1].lower() + label[1:]), found.field)


def _wrong_code(tries_left: int) -> str:
    if tries_left == 1:
        return gettext("That code is not right. You can try once more.")
    return ngettext(
        "That code is not right. You can try {number} more time.",
        "That code is not right. You can try {number} more times.",
        tries_left,
    )
