"""The themes of the two demonstration brands. Most tokens differ, to show what a theme can change."""

from themes.palettes import Palette
from themes.texts import BrandTexts
from themes.tokens import ThemeTokens

_AURORA_MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48">'
    '<path d="M4 34c6-16 12-24 20-24s14 8 20 24" fill="none" stroke="#3fd6a4" stroke-width="5" stroke-linecap="round"/>'
    '<path d="M12 36c4-10 8-15 12-15s8 5 12 15" fill="none" stroke="#8fb8ff" stroke-width="5" stroke-linecap="round"/>'
    '<circle cx="24" cy="36" r="3.5" fill="#ffffff"/></svg>'
)
_AURORA_MARK_ON_PAPER = _AURORA_MARK.replace("#ffffff", "#10213d")
_BANKSIA_MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48">'
    '<rect x="16" y="6" width="16" height="26" rx="8" fill="#c2541b"/>'
    '<path d="M20 11h8M20 16h8M20 21h8M20 26h8" stroke="#f6c667" stroke-width="2.5" stroke-linecap="round"/>'
    '<path d="M24 32v12" stroke="#5b3a1e" stroke-width="4" stroke-linecap="round"/>'
    '<path d="M23 42C15 42 9 38 6 31c8-1 14 3 17 11zM25 42c8 0 14-4 17-11-8-1-14 3-17 11z" fill="#4d6b2f"/></svg>'
)
# On a dark page, the brown stem and the dark leaves would hardly be seen.
_BANKSIA_MARK_ON_DARK = (
    _BANKSIA_MARK.replace("#c2541b", "#e8773a")
    .replace("#f6c667", "#ffe3ad")
    .replace("#5b3a1e", "#c79f75")
    .replace("#4d6b2f", "#9db872")
)

AURORA = ThemeTokens(
    brand_name="Aurora Energy",
    light=Palette(
        primary="#1a5aa0",
        on_primary="#ffffff",
        banner="#10213d",
        on_banner="#ffffff",
        accent="#3fd6a4",
        canvas="#f2f5f9",
    ),
    dark=Palette(
        primary="#8fc4ff",
        on_primary="#0b1a2d",
        banner="#0b1526",
        on_banner="#ffffff",
        accent="#3fd6a4",
        canvas="#11171e",
    ),
    font_families=("Inter", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"),
    corner_radius=16,
    heading_weight="bold",
    button_shape="pill",
    input_style="filled",
    banner_layout="wide",
    logo_svg=_AURORA_MARK,
    logo_print_svg=_AURORA_MARK_ON_PAPER,
    identifier_label="Email address",
    identifier_kind="email",
    support_phone="1800 555 010",
    support_email="help@aurora.test",
    texts=BrandTexts(
        identifier_hint="The one on your bills from Aurora Energy.",
        legal_name="Aurora Energy Retail Pty Ltd",
        abn="89 000 000 019",
        hours="every day, 7 am to 9 pm Sydney time",
        cdr_policy="https://www.aurora.test/cdr-policy",
        privacy_policy="https://www.aurora.test/privacy",
        complaints="https://www.aurora.test/complaints",
        accessibility="https://www.aurora.test/accessibility",
        interpreter_phone="131 450",
        relay_phone="133 677",
        hardship_phone="1800 555 011",
        sender_name="Aurora Energy data sharing",
        tone={
            "help_question": "Stuck? We are here.",
            "mail_opening": "A note about your data from {brand}.",
            "mail_closing": "Your Aurora team",
        },
    ),
)

BANKSIA = ThemeTokens(
    brand_name="Banksia Power",
    light=Palette(
        primary="#9a3c12",
        on_primary="#ffffff",
        banner="#fffaf2",
        on_banner="#40240f",
        accent="#d98a2b",
        canvas="#f8f3ea",
        success="#4a6220",
        warning="#7d5200",
        danger="#8f1f2b",
    ),
    dark=Palette(
        primary="#f2a878",
        on_primary="#2e1405",
        banner="#3a2011",
        on_banner="#fdeeda",
        accent="#d98a2b",
        canvas="#1b1511",
        success="#b3cf86",
        warning="#f0cb62",
        danger="#ff9da6",
    ),
    font_families=("Georgia", "Cambria", "serif"),
    corner_radius=2,
    neutral_tint="warm",
    heading_weight="regular",
    heading_case="capitals",
    button_shape="square",
    input_style="underlined",
    density="compact",
    banner_layout="centred",
    logo_svg=_BANKSIA_MARK,
    logo_dark_svg=_BANKSIA_MARK_ON_DARK,
    identifier_label="Email address",
    identifier_kind="email",
    support_phone="1800 555 020",
    support_email="care@banksia.test",
    texts=BrandTexts(
        identifier_hint="The address to which Banksia Power sends your bills.",
        identifier_format="For example jo@example.com.",
        legal_name="Banksia Power Holdings Ltd",
        abn="26 000 250 000",
        hours="Monday to Friday, 8 am to 6 pm Brisbane time",
        cdr_policy="https://banksia.test/legal/consumer-data-right",
        privacy_policy="https://banksia.test/legal/privacy",
        complaints="https://banksia.test/contact/complaints",
        relay_phone="133 677",
        hardship_phone="1800 555 021",
        tone={
            "sign_in_lead": "Your energy data belongs to you. Look here who receives it, and stop it if you wish.",
            "sharing_lead": "Everyone to whom {brand} gives data about you, today and in the past.",
            "mail_closing": "Kind regards from all of us at {brand}",
        },
    ),
)
