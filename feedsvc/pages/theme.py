"""The themes of the pages, and the site's colour, readable in each (WCAG 2.2, 1.4.3)."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

WHITE, BLACK = "#ffffff", "#000000"
# The minimum contrast of text is 4.5; the margin allows for backgrounds slightly different
# from these.
CONTRAST = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of a theme, by day or by night.

    `back` is behind the page, `under` behind what is set off from it. `text`, `soft` (dates and
    the like) and the site's colour are readable on both, and `text` on `mark` (found words) and
    `note` (corrections). `line` separates.
    """

    back: str
    under: str
    text: str
    soft: str
    line: str
    mark: str
    note: str


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme: its palettes by day and by night. Its shapes are in `theme-<name>.css`."""

    day: Palette
    night: Palette


PLAIN = Theme(
    Palette(
        back=WHITE,
        under="#f6f8fa",
        text="#1b1f24",
        soft="#505862",
        line="#d0d7de",
        mark="#fff1b8",
        note="#fff6dd",
    ),
    Palette(
        back="#0d1117",
        under="#161b22",
        text="#e6edf3",
        soft="#a3afbb",
        line="#3b434d",
        mark="#6a5200",
        note="#2f2810",
    ),
)
# The names are those of the setting `theme`.
THEMES = {
    "plain": PLAIN,
    "gazette": Theme(
        Palette(
            back="#fdfbf6",
            under="#f5f0e4",
            text="#211d18",
            soft="#5c5346",
            line="#cfc6b4",
            mark="#fbe7a1",
            note="#fbf0cf",
        ),
        Palette(
            back="#17140f",
            under="#211d16",
            text="#efe8da",
            soft="#b8ad99",
            line="#4a4234",
            mark="#6a5200",
            note="#33290f",
        ),
    ),
    "poster": Theme(
        Palette(
            back=WHITE,
            under="#f0f2f5",
            text="#14171c",
            soft="#4c535d",
            line="#d5dae1",
            mark="#ffe98a",
            note="#fff3c9",
        ),
        Palette(
            back="#101216",
            under="#1b1f26",
            text="#f0f2f5",
            soft="#aeb6c1",
            line="#39404a",
            mark="#6a5200",
            note="#332b0e",
        ),
    ),
}


def readable(colour: str, theme: Theme = PLAIN) -> dict[str, str]:
    """Return the readable forms of a colour like `#0b57a4`.

    `light` is for text by day, `dark` for text by night; `on_light` is for text on a `light`
    background. They are computed here because old browsers lack `color-mix`.
    """
    # White too, which is the text on buttons and on the head of one theme.
    return {
        "light": _mixed(BLACK, colour, (theme.day.back, theme.day.under, WHITE)),
        "dark": _mixed(WHITE, colour, (theme.night.back, theme.night.under)),
        "on_light": WHITE,
    }


def colours(colour: str, name: str) -> dict[str, object]:
    """Return the variables of the style sheet in a theme: the colour's forms, both palettes."""
    theme = THEMES[name]
    return {**readable(colour, theme), "day": asdict(theme.day), "night": asdict(theme.night)}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _mixed(end: str, colour: str, backgrounds: Iterable[str]) -> str:
    """Return a colour with as little of `end` mixed in as the contrast requires."""
    # The least contrast is with the background that is nearest to `end`.
    nearest = min(backgrounds, key=lambda background: contrast(background, end))
    mixtures = (_mixture(colour, end, percent) for percent in range(101))
    return next(mixed for mixed in mixtures if contrast(mixed, nearest) >= CONTRAST)


def _mixture(colour: str, end: str, percent: int) -> str:
    channels = zip(_channels(colour), _channels(end), strict=True)
    mixed = (round(own + (goal - own) * percent / 100) for own, goal in channels)
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
