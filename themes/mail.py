"""The HTML part of an email, in the look of the brand.

It is made of the plain text, so the two parts never say different things. It has the brand's colours, of the light
scheme, and no logo: mail programs do not show SVG, and a picture that is loaded would tell when the mail was read.
"""

import re
from typing import Final

from themes.brand import Brand
from themes.neutrals import NEUTRALS
from themes.rendering import environment

_BOUND_CODE: Final = re.compile(r"@\S+ #(?P<code>\d{4,8})")
"""The last line of a message with a one-time password ("Origin-bound one-time codes delivered via SMS")."""


def mail_html(brand: Brand, subject: str, text: str) -> str:
    """Return the HTML of an email with this plain text: paragraphs are separated by an empty line.

    If the last paragraph binds a one-time password to a host, the password is shown at the top, too.
    """
    paragraphs = [paragraph.split("\n") for paragraph in text.strip().split("\n\n")]
    bound = _BOUND_CODE.fullmatch(paragraphs[-1][-1])
    if bound is not None:
        paragraphs[-1].pop()
    return (
        environment()
        .get_template("mail/message.html.jinja")
        .render(
            brand=brand,
            subject=subject,
            code=None if bound is None else bound["code"],
            bound=None if bound is None else bound.group(),
            paragraphs=[lines for lines in paragraphs if lines],
            colours=brand.theme.light,
            neutrals=NEUTRALS[brand.theme.neutral_tint].light,
            fonts=", ".join(f"'{family}'" if " " in family else family for family in brand.theme.font_families),
        )
    )
