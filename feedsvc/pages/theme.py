"""The site's colour, made readable on light and on dark backgrounds (WCAG 2.2, 1.4.3)."""

PAPER = "#ffffff"
NIGHT = "#0d1117"
# The least contrast of text, with a little in hand for what lies between the backgrounds.
CONTRAST = 5.0


def readable(colour: str) -> dict[str, str]:
    """Give a colour like `#0b57a4` as it can be read: `light` on paper, `dark` at night.

    `on_light` is what can be read on `light`. Old browsers know no `color-mix`,
    so it is worked out here.
    """
    return {
        "light": _towards("#000000", colour, PAPER),
        "dark": _towards("#ffffff", colour, NIGHT),
        "on_light": PAPER,
    }


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _towards(end: str, colour: str, background: str) -> str:
    """Mix as little as is needed of another colour into one."""
    for part in range(101):
        mixed = [
            round(own + (goal - own) * part / 100)
            for own, goal in zip(_channels(colour), _channels(end), strict=True)
        ]
        made = "#" + "".join(f"{value:02x}" for value in mixed)
        if contrast(made, background) >= CONTRAST:
            return made
    return end


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
