"""A QR code as markup for a page: no address of an image, and no style that the policy of the site would refuse."""

import segno
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


def drawn(text: str) -> SafeString:
    """Black on white also in the dark, since not every camera reads the reverse."""
    code = segno.make(text, error="m", micro=False)
    # segno escapes the title; of the text there are only squares.
    return SafeString(
        code.svg_inline(
            omitsize=True,
            border=4,
            dark="#000",
            light="#fff",
            svgclass="qr",
            lineclass=None,
            title=_("QR code"),
        )
    )
