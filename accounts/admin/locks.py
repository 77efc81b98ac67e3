from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.actor import actor_of, say
from accounts.models import Lock
from accounts.sign_in import lockout
from core import client
from core.desk import search
from core.desk.base import DeskAdmin, action
from core.desk.permissions import SitePermission


@admin.register(Lock)
class LockAdmin(DeskAdmin):
    """Which networks wait. Whose account it was is not kept in clear: people type passwords into that field."""

    view_permission = SitePermission.PEOPLE_VIEW
    list_display = ("ip_address", "failures_since_start", "attempt_time", "ends_at")
    list_display_links = None
    finds = (search.address("ip_address"), lambda text: Q(username=lockout.named(text)))
    search_help_text = _("An e-mail address, whole, or where they came from on the network.")
    actions = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lock]:
        return super().get_queryset(request) & lockout.now()

    @admin.display(description=_("ends"))
    def ends_at(self, lock: Lock) -> object:
        return lock.attempt_time + settings.AXES_COOLOFF_TIME

    @action(
        SitePermission.PEOPLE_HELP,
        _("End the chosen waits"),
        explains=_("From there, passwords are looked at again at once. It is noted in the log."),
    )
    def end(self, request: HttpRequest, locks: QuerySet[Lock]) -> None:
        actor, facts = actor_of(request), client.facts(request)
        say(self, request, sum(lockout.end(lock, actor=actor, facts=facts) for lock in locks))
