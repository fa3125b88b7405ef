"""The site's colour can be read, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.pages import theme

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(COLOURS)
def test_any_colour_becomes_one_that_can_be_read(colour: str) -> None:
    made = theme.readable(colour)
    assert theme.contrast(made["light"], theme.PAPER) >= theme.CONTRAST
    assert theme.contrast(made["dark"], theme.NIGHT) >= theme.CONTRAST
    assert theme.contrast(made["on_light"], made["light"]) >= theme.CONTRAST


@pytest.mark.parametrize(
    ("colour", "light", "dark"),
    [
        ("#0b57a4", "#0b57a4", "#5288be"),  # dark enough as it is
        ("#ffff00", "#737300", "#ffff00"),
        ("#000000", "#000000", "#858585"),
    ],
)
def test_a_colour_that_can_be_read_stays_as_it_is(colour: str, light: str, dark: str) -> None:
    made = theme.readable(colour)
    assert (made["light"], made["dark"]) == (light, dark)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#ffffff", "#ffffff", 1)],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert theme.contrast(one, other) == pytest.approx(ratio, abs=0.005)
