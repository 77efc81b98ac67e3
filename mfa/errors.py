"""What can go wrong at the second step, as its reader sees it.

TooManyCodes           429  wrong codes in a row; nothing is looked at for a while
"""

from django.utils.translation import gettext_lazy as _

from core import errors


class TooManyCodes(errors.TooMany):
    code = "second_factor_paused"
    title = _("Too many wrong codes")
