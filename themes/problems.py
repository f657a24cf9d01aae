"""Texts that tell a person why an input was not accepted, and the field that the text is about."""

from typing import Final

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """The text of an error summary, and the id of the field that it links to. Without a field the id is empty."""

    text: str
    field: str


_PROBLEMS: Final = {
    "identifier-missing": Problem("Enter your {label}.", "identifier"),
    "identifier-locked": Problem(
        "There were too many tries for this customer. Wait an hour, then try again.", "identifier"
    ),
    "identifiers-used": Problem(
        "You have entered details of several customers. To try another one, cancel, and start again where you came "
        "from.",
        "identifier",
    ),
    "code-locked": Problem("There were too many wrong codes. Wait an hour, then send a new code.", ""),
    "code-not-sent": Problem("No new code can be sent now. You can still enter the last code that we sent.", ""),
    "code-malformed": Problem("Enter the 6 digits of the code.", "code"),
    "code-wrong": Problem("That code is not right. {tries}", "code"),
    "code-expired": Problem("That code has expired. Send a new code.", "code"),
    "code-closed": Problem("That code cannot be used any more. Send a new code.", "code"),
    "customer-missing": Problem("Choose whose data you want to share.", "customer-1"),
    "accounts-missing": Problem("Choose at least one account.", "account-1"),
    "review-changed": Problem(
        "What we would share has changed since this page was shown. You have not authorised anything yet. Please check "
        "it again.",
        "",
    ),
    "response-impossible": Problem(
        "The app or website that you came from cannot receive our answer at present. You have not authorised anything "
        "yet. Try again in a few minutes, or cancel and start there again later.",
        "",
    ),
    "option-changed": Problem(
        "The option of this account has changed since the page was shown. You have not changed anything yet. Please "
        "check it again.",
        "",
    ),
    "proposal-open": Problem(
        "Another account holder has proposed an option meanwhile. You have not changed anything. Answer that proposal "
        "first.",
        "proposal",
    ),
    "proposal-over": Problem("This proposal is closed, or you have answered it already. Nothing was changed now.", ""),
    "answer-not-needed": Problem(
        "Your answer was not needed any more, or the time for it was over. Nothing was changed.", ""
    ),
    "notices-missing": Problem("Choose which messages you want.", "notices-all"),
}


def problem(code: str | None, *, label: str = "", tries_left: int = 0) -> Problem | None:
    """Return the problem with this code, which comes from the URL, or None if there is no code or it is unknown."""
    found = None if code is None else _PROBLEMS.get(code)
    if found is None:
        return None
    text = found.text.format(label=label[:1].lower() + label[1:], tries=_tries(tries_left))
    return Problem(text, found.field)


def _tries(left: int) -> str:
    match left:
        case 0:
            return "It cannot be tried again; send a new code."
        case 1:
            return "You can try once more."
    return f"You can try {left} more times."
