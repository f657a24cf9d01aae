"""The texts of the notices about the approval of account holders."""

from collections.abc import Callable
from typing import Final, NamedTuple

from haas.language import gettext, gettext_noop
from tenants.holders.event_words import EventWords
from tenants.holders.message_parts import message_text, other_way, shared_line
from tenants.holders.models import Written

_ASKED: Final = {
    (False, False): gettext_noop(
        "Another holder of an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, until {until}. {brand} shares this data only if all account holders approve it."
    ),
    (False, True): gettext_noop(
        "Another holder of an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, once. {brand} shares this data only if all account holders approve it."
    ),
    (True, False): gettext_noop(
        "Somebody who may use an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, until {until}. {brand} shares this data only if all account holders approve it."
    ),
    (True, True): gettext_noop(
        "Somebody who may use an energy account that you hold has authorised {brand} to share data about it with "
        "{recipient}, once. {brand} shares this data only if all account holders approve it."
    ),
}


def approval_asked(words: EventWords) -> Written:
    stated = words.stated(
        words.say(gettext_noop("Authorised: {day}")),
        shared_line(words.until),
        words.say(gettext_noop("Approve or decline by: {due}")),
    )
    here = gettext("If you do nothing, the data is not shared. You can approve or decline here:")
    return Written(
        subject=words.say(gettext_noop("Your approval is needed to share data about your energy account at {brand}")),
        text=message_text(words.say(_ASKED[words.kind]), stated, f"{here}\n{words.dashboard}", other_way(words.brand)),
        short=words.brief.say(
            gettext_noop(
                "{brand}: your approval is needed by {due} to share data about {accounts} with {recipient}. You can "
                "approve or decline on our data sharing dashboard. If you do nothing, the data is not shared."
            )
        ),
    )


class _NotApproved(NamedTuple):
    """The messages about an account that is not shared."""

    text: str
    fact: str
    short: str


DECLINED: Final = _NotApproved(
    text=gettext_noop(
        "You authorised {brand} to share data from a joint account with {recipient}. Not all account holders whose "
        "approval is needed approved it, so {brand} does not share data from it under this authorisation."
    ),
    fact=gettext_noop("Decided: {day}"),
    short=gettext_noop(
        "{brand}: data from {accounts} is not shared with {recipient}. Not all account holders whose approval is "
        "needed approved it. Your other accounts are not affected."
    ),
)
LAPSED: Final = _NotApproved(
    text=gettext_noop(
        "You authorised {brand} to share data from a joint account with {recipient}. The account holders whose "
        "approval is needed did not all approve it in time, so {brand} does not share data from it under this "
        "authorisation."
    ),
    fact=gettext_noop("Time limit: {day}"),
    short=gettext_noop(
        "{brand}: data from {accounts} is not shared with {recipient}. The account holders whose approval is needed "
        "did not all approve it in time. Your other accounts are not affected."
    ),
)
APPROVAL_WITHDRAWN: Final = _NotApproved(
    text=gettext_noop(
        "You authorised {brand} to share data from a joint account with {recipient}. The approval of an account holder "
        "was withdrawn, so {brand} does not share data from it under this authorisation."
    ),
    fact=gettext_noop("Withdrawn: {day}"),
    short=gettext_noop(
        "{brand}: data from {accounts} is not shared with {recipient}. The approval of an account holder was "
        "withdrawn. Your other accounts are not affected."
    ),
)


def not_approved(messages: _NotApproved) -> Callable[[EventWords], Written]:
    """Return the text of an account that is not shared."""

    def text(words: EventWords) -> Written:
        return Written(
            subject=words.say(gettext_noop("Data from a joint account at {brand} is not shared")),
            text=message_text(
                words.say(messages.text),
                words.stated(words.say(messages.fact)),
                gettext("Your other accounts are not affected."),
            ),
            short=words.brief.say(messages.short),
        )

    return text
