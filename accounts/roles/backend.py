from django.contrib.auth.backends import BaseBackend

from accounts.models import User
from core.desk.permissions import EVERYTHING, SitePermission


class RoleBackend(BaseBackend):
    """Answers Django's own question, `user.has_perm("core.people.view")`: whether it is held everywhere."""

    def has_perm(self, user_obj: User, perm: str, obj: object = None) -> bool:  # type: ignore[override]
        app, _dot, name = perm.partition(".")
        if app != "core" or name not in EVERYTHING or obj is not None:
            return False
        return isinstance(user_obj, User) and user_obj.reach(SitePermission(name)).everywhere
