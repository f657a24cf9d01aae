"""The colours of a scheme have enough contrast, and the proposal for those that have not is right."""

import colorsys
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.demonstration.themes import AURORA
from themes.contrast import MINIMUM_CONTRAST, contrast, nearest_shade
from themes.neutrals import NEUTRALS
from themes.palettes import Palette, Scheme, palette_problems

LIGHT = Scheme("light", NEUTRALS["cool"].light)
SCHEMES = [scheme for each in NEUTRALS.values() for scheme in (Scheme("light", each.light), Scheme("dark", each.dark))]
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
palettes = st.builds(Palette, **dict.fromkeys(Palette.__struct_fields__, colours))


@given(palette=palettes, scheme=st.sampled_from(SCHEMES))
@settings(max_examples=40, deadline=None)
def test_a_palette_with_all_proposed_shades_has_no_problem(palette: Palette, scheme: Scheme) -> None:
    problems = list(palette_problems(scheme, palette))
    proposals = [re.findall(rf"{scheme.name}\.(\w+) (#[0-9a-f]{{6}})", problem) for problem in problems]
    assert all(proposals), problems
    changed = msgspec.structs.replace(palette, **dict(pair for found in proposals for pair in found))
    assert list(palette_problems(scheme, changed)) == []


@given(colour=colours, background=colours)
@settings(max_examples=30, deadline=None)
def test_the_nearest_shade_passes_after_rounding_and_no_nearer_one_does(colour: str, background: str) -> None:
    def passes(shade: str) -> bool:
        return contrast(shade, background) >= MINIMUM_CONTRAST

    shade = nearest_shade(colour, passes)
    assert shade is not None
    assert passes(shade)
    if shade != colour:
        hue, lightness, saturation = _hls(colour)
        distance = abs(_hls(shade)[1] - lightness)
        for step in range(511):
            channels = colorsys.hls_to_rgb(hue, step / 510, saturation)
            other = "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
            assert not passes(other) or abs(step / 510 - lightness) >= distance - 1 / 255


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"primary": "#aaaaaa", "on_primary": "#777777"},
            (
                "light: the text on the primary button: #777777 on #aaaaaa has 1.9:1, at least 4.5:1 is needed"
                " (WCAG 2.2, 1.4.3). The nearest shade that passes: light.on_primary #f4f4f4 with light.primary #707070"
            ),
        ),
        (
            {"primary": "#e8590c"},
            (
                "light: the text on the primary button: #ffffff on #e8590c has 3.5:1, at least 4.5:1 is needed"
                " (WCAG 2.2, 1.4.3). The nearest shade that passes: light.primary #c14a0a"
            ),
        ),
        (
            {"canvas": "#b9966b"},
            (
                "light: the text on the page: #16202a on #b9966b has 5.9:1, at least 7.0:1 is needed (WCAG 2.2, 1.4.6)."
                " The nearest shade that passes: light.canvas #dac7b0 with light.primary #195699"
            ),
        ),
    ],
)
def test_a_problem_names_the_pair_in_words_and_the_nearest_shade(changes: dict[str, str], problem: str) -> None:
    palette = msgspec.structs.replace(AURORA.light, **changes)
    assert problem in list(palette_problems(LIGHT, palette))


def _hls(colour: str) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))
