"""The site's colour, adjusted so that text in it is readable (WCAG 2.2, 1.4.3)."""

PAPER = "#ffffff"
NIGHT = "#0d1117"
# The minimum contrast of text is 4.5; the margin allows for backgrounds slightly different
# from these two.
CONTRAST = 5.0


def readable(colour: str) -> dict[str, str]:
    """Return the readable forms of a colour like `#0b57a4`.

    `light` is for text on `PAPER`, `dark` for text on `NIGHT`; `on_light` is for text on a
    `light` background. They are computed here because old browsers lack `color-mix`.
    """
    return {
        "light": _mixed("#000000", colour, PAPER),
        "dark": _mixed("#ffffff", colour, NIGHT),
        "on_light": PAPER,
    }


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _mixed(end: str, colour: str, background: str) -> str:
    """Return a colour with as little of `end` mixed in as the contrast requires."""
    mixtures = (_mixture(colour, end, percent) for percent in range(101))
    return next(mixed for mixed in mixtures if contrast(mixed, background) >= CONTRAST)


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
