"""The texts of the notices about the disclosure option of a joint account (CDR Rules 4A.7(3), 4A.8).

They name the account and the option, and never a person: not who has chosen, and not who did not agree (K-25).
"""

from collections.abc import Mapping
from typing import Final

from haas.language import gettext, gettext_noop
from tenants.accounts.models import DisclosureOption
from tenants.holders.message_parts import dashboard_of, other_way
from tenants.holders.models import Written
from tenants.notices.text_messages import short_account_name, short_name
from tenants.registry.models import Tenant

NAMES: Final[Mapping[DisclosureOption, str]] = {
    "pre-approval": gettext_noop("Pre-approval"),
    "co-approval": gettext_noop("Approval by all holders"),
    "no-disclosure": gettext_noop("No sharing"),
}
MEANINGS: Final[Mapping[DisclosureOption, str]] = {
    "pre-approval": gettext_noop(
        "Each account holder can share data about the account without the approval of the others."
    ),
    "co-approval": gettext_noop("Data about the account can be shared only if all account holders approve it."),
    "no-disclosure": gettext_noop("Account holders cannot share data about the account."),
}


def option_changed(tenant: Tenant, account: str, before: DisclosureOption, now: DisclosureOption, day: str) -> Written:
    """Return the notice that an option was changed."""
    brand, new, meaning = tenant.name, gettext(NAMES[now]), gettext(MEANINGS[now])
    here = gettext("You can choose another option here:")
    facts = [
        gettext("Account: {names}", names=account),
        gettext("Before: {option}", option=gettext(NAMES[before])),
        gettext("Now: {option}", option=new),
    ]
    paragraphs = [
        gettext("The data sharing option of an energy account that you hold was changed on {day}.", day=day),
        "\n".join(facts),
        f"{meaning} {here}\n{dashboard_of(tenant)}",
        other_way(brand),
    ]
    return Written(
        subject=gettext("Who can share data about your energy account at {brand} has changed", brand=brand),
        text="\n\n".join(paragraphs) + "\n",
        short=gettext(
            "{brand}: the data sharing option of {account} was changed on {day}. Now: {option}. {meaning}",
            brand=short_name(brand),
            account=short_account_name(account),
            day=day,
            option=new,
            meaning=meaning,
        ),
    )


def option_proposed(
    tenant: Tenant, account: str, now: DisclosureOption, proposed: DisclosureOption, due: str
) -> Written:
    """Return the notice that asks a holder to agree to a less restrictive option."""
    brand, option, meaning = tenant.name, gettext(NAMES[proposed]), gettext(MEANINGS[proposed])
    facts = [
        *_facts(account, now, proposed),
        gettext("Agree or decline by: {day}", day=due),
    ]
    what = gettext(
        "The option changes only if all account holders agree. If you do nothing, it stays as it is. You can agree or "
        "decline here:"
    )
    paragraphs = [
        gettext("Another holder of an energy account that you hold proposes another data sharing option."),
        "\n".join(facts),
        f"{meaning} {what}\n{dashboard_of(tenant)}",
        other_way(brand),
    ]
    return Written(
        subject=gettext(
            "Please agree or decline: who can share data about your energy account at {brand}", brand=brand
        ),
        text="\n\n".join(paragraphs) + "\n",
        short=gettext(
            "{brand}: another holder of {account} proposes the data sharing option {option}. It changes only if all "
            "holders agree by {day}. You can agree or decline on our data sharing dashboard.",
            brand=short_name(brand),
            account=short_account_name(account),
            option=option,
            day=due,
        ),
    )


def option_not_agreed(
    brand: str, account: str, now: DisclosureOption, proposed: DisclosureOption, *, in_time: bool
) -> Written:
    """Return the notice to who proposed an option that it stays as it is; with `in_time`, because somebody declined."""
    message, short = _DECLINED if in_time else _LAPSED
    text = gettext(message)
    facts = "\n".join(_facts(account, now, proposed))
    return Written(
        subject=gettext("The data sharing option of your energy account at {brand} stays as it is", brand=brand),
        text=f"{text}\n\n{facts}\n",
        short=gettext(
            short,
            brand=short_name(brand),
            account=short_account_name(account),
            now=gettext(NAMES[now]),
            proposed=gettext(NAMES[proposed]),
        ),
    )


_DECLINED: Final = (
    gettext_noop(
        "You proposed another data sharing option for an energy account. Not all account holders agreed, so the option "
        "stays as it is."
    ),
    gettext_noop(
        "{brand}: the data sharing option of {account} stays {now}. Not all account holders agreed to {proposed}."
    ),
)
_LAPSED: Final = (
    gettext_noop(
        "You proposed another data sharing option for an energy account. Not all account holders agreed in time, so "
        "the option stays as it is."
    ),
    gettext_noop(
        "{brand}: the data sharing option of {account} stays {now}. Not all account holders agreed in time to "
        "{proposed}."
    ),
)


def _facts(account: str, now: DisclosureOption, proposed: DisclosureOption) -> list[str]:
    return [
        gettext("Account: {names}", names=account),
        gettext("Now: {option}", option=gettext(NAMES[now])),
        gettext("Proposed: {option}", option=gettext(NAMES[proposed])),
    ]
