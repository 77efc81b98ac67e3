"""What can go wrong at the second step, as its reader sees it.

LastFactor             409  the only one of somebody who has to have one
FactorNeeded           403  only with a second factor, which this person does not have yet
TooManyCodes           429  wrong codes in a row; nothing is looked at for a while
PasskeyRefused         403  a passkey that does not open this, whatever the reason
PasskeyNeeded          403  only a passkey opens this, and there is none
"""

from django.utils.translation import gettext_lazy as _

from core import errors


class TooManyCodes(errors.TooMany):
    code = "second_factor_paused"
    title = _("Too many wrong codes")


class FactorNeeded(errors.Problem):
    status = 403
    code = "second_factor_required"
    title = _("This needs a second step")
    detail = _("Set one up on the page of your account, or sign in with it, then try again.")


class LastFactor(errors.Problem):
    status = 409
    code = "last_factor"
    title = _("You have to have a second step")
    detail = _("This is the only one you have, and you have to have one. Add another before you remove it.")


class PasskeyRefused(errors.Forbidden):
    """The same words whatever was wrong: the log knows it."""

    code = "passkey_refused"
    title = _("This passkey was not accepted")
    detail = _("This passkey was not accepted. Try again, or use another way.")


class PasskeyNeeded(errors.Forbidden):
    code = "passkey_required"
    title = _("This needs a passkey")
    detail = _(
        "This needs a passkey, which no page that merely looks like this one can get hold of. Add one first."
    )
