"""The site's colour is readable, whatever it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.pages import html, theme
from feedsvc.setting_values import THEMES
from feedsvc.settings import Settings

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(COLOURS, st.sampled_from(sorted(theme.THEMES)))
def test_any_colour_becomes_readable_in_each_theme(colour: str, name: str) -> None:
    style = theme.THEMES[name]
    forms = theme.readable(colour, style)
    for background in (style.day.back, style.day.under, theme.WHITE):
        assert theme.contrast(forms["light"], background) >= theme.CONTRAST
    for background in (style.night.back, style.night.under):
        assert theme.contrast(forms["dark"], background) >= theme.CONTRAST
    assert theme.contrast(forms["on_light"], forms["light"]) >= theme.CONTRAST


@pytest.mark.parametrize("name", sorted(theme.THEMES))
def test_the_texts_of_each_theme_are_readable_by_day_and_by_night(name: str) -> None:
    style = theme.THEMES[name]
    for palette in (style.day, style.night):
        for background in (palette.back, palette.under):
            assert theme.contrast(palette.text, background) >= 7
            assert theme.contrast(palette.soft, background) >= theme.CONTRAST
        assert theme.contrast(palette.text, palette.mark) >= theme.CONTRAST
        assert theme.contrast(palette.text, palette.note) >= theme.CONTRAST


def test_there_is_a_theme_of_each_name_that_the_setting_may_have(settings: Settings) -> None:
    assert tuple(theme.THEMES) == THEMES
    sheets = {html.style(replace(settings, theme=name)) for name in THEMES}
    assert len(sheets) == len(THEMES)


@pytest.mark.parametrize(
    ("colour", "light", "dark"),
    [
        ("#0b57a4", "#0b57a4", "#5c8ec2"),  # dark enough as it is
        ("#ffff00", "#6e6e00", "#ffff00"),
        ("#000000", "#000000", "#8a8a8a"),
    ],
)
def test_a_readable_colour_stays_as_it_is(colour: str, light: str, dark: str) -> None:
    forms = theme.readable(colour)
    assert (forms["light"], forms["dark"]) == (light, dark)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#ffffff", "#ffffff", 1)],
)
def test_contrast_is_as_wcag_defines_it(one: str, other: str, ratio: float) -> None:
    assert theme.contrast(one, other) == pytest.approx(ratio, abs=0.005)
