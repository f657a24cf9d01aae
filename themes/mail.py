"""An email in the look of the brand: its HTML part, and what the brand says at the beginning and end of both parts.

The HTML is made of the plain text, so the two parts never say different things. It has the colours of the brand's
light scheme, and no logo: mail programs do not show SVG, and a picture that is loaded would tell when the mail was
read.
"""

import re
from typing import Final

from haas.language import current_language, gettext
from themes.brand import Brand
from themes.neutrals import NEUTRALS
from themes.rendering import environment

_BOUND_CODE: Final = re.compile(r"@\S+ #(?P<code>\d{4,8})")
"""The last line of a message with a one-time password ("Origin-bound one-time codes delivered via SMS")."""


def mail_text(brand: Brand, text: str) -> str:
    """Return the plain part of an email: the text and what the brand says before and after it.

    If the last line binds a one-time password to a host, it stays the last line: browsers look for it there.
    """
    paragraphs, bound = _read(text)
    signed = ["\n".join(lines) for lines in ([_opening(brand, bound)], *paragraphs, _signature(brand)) if any(lines)]
    return "\n\n".join([*signed, *([] if bound is None else [bound.group()])]) + "\n"


def mail_html(brand: Brand, subject: str, text: str) -> str:
    """Return the HTML of an email with this text, which has no end of the brand yet.

    If the last line binds a one-time password to a host, the password is shown at the top, too.
    """
    paragraphs, bound = _read(text)
    return (
        environment()
        .get_template("mail/message.html.jinja")
        .render(
            brand=brand,
            language=current_language(),
            subject=subject,
            code=None if bound is None else bound["code"],
            bound=None if bound is None else bound.group(),
            opening=_opening(brand, bound),
            paragraphs=paragraphs,
            signature=_signature(brand),
            colours=brand.theme.light,
            neutrals=NEUTRALS[brand.theme.neutral_tint].light,
            fonts=", ".join(f"'{family}'" if " " in family else family for family in brand.theme.font_families),
        )
    )


def _read(text: str) -> tuple[list[list[str]], re.Match[str] | None]:
    """Return the lines of each paragraph, which an empty line ends, and the last line if it binds a password."""
    paragraphs = [paragraph.split("\n") for paragraph in text.strip().split("\n\n")]
    bound = _BOUND_CODE.fullmatch(paragraphs[-1][-1])
    if bound is not None:
        paragraphs[-1].pop()
    return [lines for lines in paragraphs if lines], bound


def _opening(brand: Brand, bound: re.Match[str] | None) -> str:
    """Return the first words of the brand, or an empty text. A message with a one-time password begins with that."""
    return "" if bound is not None else brand.texts["mail"].say("mail_opening")


def _signature(brand: Brand) -> list[str]:
    """Return the last lines of an email: who sends it, and how to reach them. None of them is an address to open."""
    texts = brand.texts["mail"]
    ways = _ways(brand)
    answered = " " + gettext("We answer {hours}.", hours=texts.hours) if texts.hours and ways else ""
    company = texts.company.replace("\N{NO-BREAK SPACE}", " ")  # an email of ASCII characters needs no encoding
    lines = (texts.say("mail_closing"), company, f"{ways}{answered}")
    return [line for line in lines if line]


def _ways(brand: Brand) -> str:
    """Return how to reach the brand, in a sentence, or an empty text."""
    if brand.phone and brand.email:
        return gettext("Call {phone} or write to {email}.", phone=brand.phone.text, email=brand.email.text)
    if brand.phone:
        return gettext("Call {phone}.", phone=brand.phone.text)
    return gettext("Write to {email}.", email=brand.email.text) if brand.email else ""
