"""The neutral colours of every tint are readable."""

import pytest

from themes.contrast import ENHANCED_CONTRAST, MINIMUM_CONTRAST, contrast
from themes.neutrals import NEUTRALS, Tint
from themes.palettes import Palette, Scheme

BORDER_CONTRAST = 3.0  # WCAG 2.2, 1.4.11 Non-text Contrast


@pytest.mark.parametrize("tint", NEUTRALS)
def test_text_and_borders_of_a_tint_have_enough_contrast_on_cards_and_in_fields(tint: Tint) -> None:
    for colours in NEUTRALS[tint]:
        for background in (colours["surface"], colours["field"]):
            assert contrast(colours["ink"], background) >= ENHANCED_CONTRAST
            assert contrast(colours["muted"], background) >= MINIMUM_CONTRAST
            assert contrast(colours["line-strong"], background) >= BORDER_CONTRAST


@pytest.mark.parametrize("tint", NEUTRALS)
def test_the_usual_colours_of_states_are_readable_on_the_cards_of_a_tint(tint: Tint) -> None:
    palette = Palette(**dict.fromkeys(("primary", "on_primary", "banner", "on_banner", "accent", "canvas"), "#123456"))
    for scheme in (Scheme("light", NEUTRALS[tint].light), Scheme("dark", NEUTRALS[tint].dark)):
        status = scheme.status(palette)
        for colour in (status.success, status.warning, status.danger):
            assert contrast(colour, scheme.neutrals["surface"]) >= MINIMUM_CONTRAST
        assert contrast(status.on_danger, status.danger) >= MINIMUM_CONTRAST
