"""The site's colour is readable, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.pages import theme

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(COLOURS)
@hypothesis_settings(deadline=None)
def test_any_colour_becomes_readable(colour: str) -> None:
    forms = theme.readable(colour)
    assert theme.contrast(forms["light"], theme.PAPER) >= theme.CONTRAST
    assert theme.contrast(forms["dark"], theme.NIGHT) >= theme.CONTRAST
    assert theme.contrast(forms["on_light"], forms["light"]) >= theme.CONTRAST


@pytest.mark.parametrize(
    ("colour", "light", "dark"),
    [
        ("#0b57a4", "#0b57a4", "#5288be"),  # dark enough as it is
        ("#ffff00", "#737300", "#ffff00"),
        ("#000000", "#000000", "#858585"),
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
