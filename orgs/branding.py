"""An organization's colour, in both schemes, so that letters stay readable."""

import re

COLOUR = re.compile(r"#[0-9a-f]{6}")
# What it has to stand out from in the two schemes, where that is hardest: static/css/tokens.css.
LIGHT_PAGE = (245, 246, 250)
DARK_SURFACE = (24, 28, 40)
WHITE = (255, 255, 255)
# WCAG 2.2 AA for text.
LEAST_CONTRAST = 4.5

Colour = tuple[int, int, int]


def is_readable(accent: str) -> bool:
    """Whether white letters can be read on it, and letters of it on a page."""
    return contrast(_parsed(accent), LIGHT_PAGE) >= LEAST_CONTRAST


def stylesheet(accent: str) -> str:
    """Nothing but colours that we worked out ourselves: what was typed in does not get into the text."""
    own = _parsed(accent)
    light = _written(own)
    dark = _written(_lightened(own))
    return (
        f":root{{--accent:{light};--accent-strong:{light};--focus:{light}}}"
        f"@media(prefers-color-scheme:dark){{:root{{--accent:{dark};--accent-strong:{dark};--focus:{dark}}}}}"
    )


def contrast(one: Colour, other: Colour) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _lightened(colour: Colour) -> Colour:
    """Mixed with white until it can be read on the dark surface; white itself always can."""
    for share in range(0, 101, 5):
        mixed = tuple(round(part + (255 - part) * share / 100) for part in colour)
        if contrast(mixed, DARK_SURFACE) >= LEAST_CONTRAST:  # type: ignore[arg-type]
            return mixed  # type: ignore[return-value]
    return WHITE


def _luminance(colour: Colour) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parsed(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _written(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
