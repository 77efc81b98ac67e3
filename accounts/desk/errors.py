"""What the desk refuses, as its reader sees it.

NotYourReach           403  this person, or this act, is beyond what the actor may do
AboveYourself          403  nobody acts on, or gives, what they do not hold themselves
NotYourself            403  nobody does this to themselves
LastOwner              409  somebody has to own the site
NotNow                 409  there is nothing of this to do for this person
OfTheSite              409  a role that comes with the site stays as it is
NameTaken              409  two roles of one name would be one
Failed                 500  nobody foresaw it: of one person among many
"""

from django.utils.translation import gettext_lazy as _

from core import errors


class DeskProblem(errors.Problem):
    """Leaves evidence: see accounts.desk.acts."""


class NotYourReach(DeskProblem):
    status = 403
    code = "desk_not_your_reach"
    title = _("This is not yours to do")
    detail = _("Your roles do not allow you to do this to this person.")


class AboveYourself(DeskProblem):
    status = 403
    code = "desk_above_yourself"
    title = _("This is above what you may do")
    detail = _("Nobody acts on somebody who may do more than they, or gives and takes what they do not hold.")


class NotYourself(DeskProblem):
    status = 403
    code = "desk_not_yourself"
    title = _("Not to yourself")
    detail = _("Somebody else has to do this: nobody does it to themselves.")


class LastOwner(DeskProblem):
    status = 409
    code = "desk_last_owner"
    title = _("Somebody has to own the site")
    detail = _("This is the last person who owns the site. Make somebody else an owner first.")


class NotNow(DeskProblem):
    status = 409
    code = "desk_not_now"
    title = _("There is nothing to do")
    detail = _("Nothing was changed: as this person's account is now, there is nothing of this to do.")


class OfTheSite(DeskProblem):
    status = 409
    code = "desk_role_of_the_site"
    title = _("This role comes with the site")
    detail = _("Roles that come with the site stay as they are. Make one of your own beside them.")


class NameTaken(DeskProblem):
    status = 409
    code = "desk_role_name_taken"
    title = _("This name is taken")
    detail = _("There is a role of this name already.")


class Failed(DeskProblem):
    code = "desk_failed"
