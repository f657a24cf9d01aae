"""The records of one consumer (CDR Rules 9.5) as an HTML document that can be printed."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from haas.language import current_language, gettext, gettext_noop
from tenants.records.models import ContactChannel, CorrectedData, CorrectionDecision, RecordPack
from themes.brand import plain_brand
from themes.rendering import environment

VERSIONS: Final[Mapping[str, str]] = {
    "authorisation": gettext_noop("Authorisation"),
    "amendment": gettext_noop("Amendment"),
}
DATA: Final[Mapping[CorrectedData, str]] = {
    "customer": gettext_noop("You"),
    "account": gettext_noop("Your account"),
    "billing": gettext_noop("Your bills"),
    "metering": gettext_noop("Your meter"),
    "other": gettext_noop("Something else"),
}
DECISIONS: Final[Mapping[CorrectionDecision, str]] = {
    "corrected": gettext_noop("We corrected the data."),
    "qualified": gettext_noop("We added a statement to the data."),
    "refused": gettext_noop("We did not correct the data."),
    "passed-to-aemo": gettext_noop("We passed your request to AEMO, the electricity market operator."),
}
CHANNELS: Final[Mapping[ContactChannel, str]] = {
    "dashboard": gettext_noop("On the dashboard"),
    "email": gettext_noop("By email"),
    "phone": gettext_noop("By phone"),
    "post": gettext_noop("By post"),
    "in-person": gettext_noop("In person"),
    "web": gettext_noop("On our website"),
    "other": gettext_noop("In another way"),
}
_WORDS: Final[Mapping[str, Mapping[Any, str]]] = {
    "versions": VERSIONS,
    "data": DATA,
    "decisions": DECISIONS,
    "channels": CHANNELS,
}


def record_document(pack: RecordPack) -> str:
    """Return the document in the current language. It needs no other file, and has no link and no script."""
    words = {name: {value: gettext(text) for value, text in texts.items()} for name, texts in _WORDS.items()}
    brand, language = plain_brand(pack.brand, ZoneInfo(pack.time_zone)), current_language()
    template = environment().get_template("documents/records.html.jinja")
    return template.render(pack=pack, words=words, brand=brand, language=language)
