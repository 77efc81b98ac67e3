"""How every list of the desk behaves: who sees it and acts in it, and that nothing is done at a slip of the hand."""

import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise

from core.desk import step_up
from core.desk.exports import Format
from core.desk.lists import FastList
from core.desk.permissions import Reach, SitePermission, reach

Text = str | Promise
# Among what a form sends: that its reader has seen what will happen.
CONFIRMED = "confirmed"
SHOWN_IN_QUESTION = 20


class DeskAdmin(FastList):
    """Lists and actions; nothing is typed in, and nothing can be filtered by that is not offered."""

    view_permission: ClassVar[SitePermission]
    # Who may type something in after all, in lists that have a form for it, and whether it wants a fresh proof.
    add_permission: ClassVar[SitePermission | None] = None
    change_permission: ClassVar[SitePermission | None] = None
    is_form_dangerous: ClassVar[bool] = False
    delete_confirmation_template = None
    actions_selection_counter = True

    def within(self, rows: QuerySet[Any], organizations: Collection[UUID]) -> QuerySet[Any]:
        """What of it belongs to these organizations; a list that does not say shows nothing of itself."""
        return rows.none()

    def reachable(self, request: HttpRequest, rows: QuerySet[Any], needs: SitePermission) -> QuerySet[Any]:
        held = reach(request.user, needs)
        if held.everywhere:
            return rows
        return self.within(rows, held.organizations) if held else rows.none()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.reachable(request, super().get_queryset(request), self.view_permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(reach(request.user, self.view_permission))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return self.add_permission is not None and reach(request.user, self.add_permission).everywhere

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if self.change_permission is None:
            return False
        held = reach(request.user, self.change_permission)
        return bool(held) if obj is None else self._covers(held, obj)

    def _covers(self, held: Reach, obj: Any) -> bool:
        if held.everywhere or not held:
            return held.everywhere
        rows = self.model._default_manager.filter(pk=obj.pk)
        return self.within(rows, held.organizations).exists()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        is_dangerous = self.is_form_dangerous and request.method == "POST"
        asked = step_up.ask(request, back_to=request.get_full_path()) if is_dangerous else None
        return asked or super().changeform_view(request, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows end by actions, which leave evidence and end what hangs on them."""
        return False

    def in_question(self, row: Any) -> str:
        """How the question before an action calls one of the rows: whose it is, and what."""
        return str(row)

    def for_question(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With what `in_question` wants to know."""
        related = self.list_select_related
        return rows.select_related(*related) if isinstance(related, list | tuple) and related else rows

    def may_export(self, request: HttpRequest) -> bool:
        return reach(request.user, SitePermission.LISTS_EXPORT).everywhere

    def export(self, request: HttpRequest, wanted: Format) -> HttpResponseBase:
        here = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        asked = step_up.ask(request, back_to=f"{here}?{request.META['QUERY_STRING']}")
        return asked or super().export(request, wanted)

    def response_action(self, *args: Any, **kwargs: Any) -> Any:
        """Django fails on a chosen row that is no number."""
        try:
            return super().response_action(*args, **kwargs)
        except ValueError:
            raise BadRequest from None

    def log_addition(self, *args: Any) -> Any:
        """The log is audit's, which the flows write; Django's second one stays empty."""

    def log_change(self, *args: Any) -> Any:
        """Neither does a change fill it."""

    def _filter_actions_by_permissions(self, request: HttpRequest, actions: Any) -> list[Any]:
        """What does not say whom it is for is for nobody."""
        needs = [getattr(function, "needs", None) for function, _name, _label in actions]
        return [
            action
            for action, needed in zip(actions, needs, strict=True)
            if needed is not None and reach(request.user, needed)
        ]


Act = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponseBase | None]
Some = Callable[[QuerySet[Any]], QuerySet[Any]]


def action(
    needs: SitePermission,
    label: Text,
    *,
    explains: Text,
    is_dangerous: bool = False,
    only: Some | None = None,
    version: Callable[[Any], str] | None = None,
) -> Callable[[Act], Act]:
    """An action of a list. It gets those of the chosen rows that its doer may act on, once they have confirmed it.

    `explains` says what will happen; whatever is dangerous wants a fresh proof of who is at the desk. Where it is not
    for all rows, `only` says for which; the others are named as those that stay. With `version`, `seen()` says later
    what of a row the question had shown.
    """

    def decorate(act: Act) -> Act:
        @functools.wraps(act)
        def guarded(desk: DeskAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponseBase | None:
            rows = desk.reachable(request, rows, needs)
            meant = only(rows) if only else rows
            if is_dangerous and (asked := step_up.ask(request, back_to=request.get_full_path())):
                return asked
            if CONFIRMED not in request.POST:
                shown, goes_on = _named(desk, meant)
                spared = _named(desk, rows.exclude(pk__in=meant.values("pk")))[0] if only else []
                listed = {
                    "rows": [desk.in_question(row) for row in shown],
                    "goes_on": goes_on,
                    "spared": [desk.in_question(row) for row in spared],
                    "seen": [(_seen(row), version(row)) for row in shown] if version else [],
                }
                return question(desk, request, label, explains, listed)
            return act(desk, request, meant)

        vars(guarded).update(needs=needs, short_description=label)
        return guarded

    return decorate


def seen(request: HttpRequest, row: Any) -> str:
    """The version of it that the question had shown; of a row that it had not shown, none."""
    return request.POST.get(_seen(row), "")


def _seen(row: Any) -> str:
    return f"seen-{row.pk}"


def _named(desk: DeskAdmin, rows: QuerySet[Any]) -> tuple[list[Any], bool]:
    """So many that somebody reads them, and whether there are more."""
    found = list(desk.for_question(rows)[: SHOWN_IN_QUESTION + 1])
    return found[:SHOWN_IN_QUESTION], len(found) > SHOWN_IN_QUESTION


def question(
    desk: DeskAdmin,
    request: HttpRequest,
    label: Text,
    explains: Text,
    shown: Mapping[str, Any],
    *,
    apart_from: Collection[str] = (),
) -> TemplateResponse:
    """What will happen, and a form that sends once more what was sent, but for what it asks itself."""
    asked_anew = {"csrfmiddlewaretoken", CONFIRMED, *apart_from}
    sent = [(key, value) for key, values in request.POST.lists() for value in values]
    context = {
        **desk.admin_site.each_context(request),
        "title": label,
        "explains": explains,
        "opts": desk.opts,
        "sent": [(key, value) for key, value in sent if key not in asked_anew],
        **shown,
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)
