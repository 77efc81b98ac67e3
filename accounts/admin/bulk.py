"""What is being done to many people, and how far it has come."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.admin.actor import actor_of
from accounts.desk import acts, errors
from accounts.desk.errors import DeskProblem
from accounts.flows import bulk
from accounts.models import BulkJob, BulkTarget
from core import client
from core.desk import step_up
from core.desk.base import DeskAdmin
from core.desk.permissions import SitePermission

REFRESH_SECONDS = 2
SHOWN_REFUSALS = 50


@admin.register(BulkJob)
class BulkJobAdmin(DeskAdmin):
    view_permission = SitePermission.PEOPLE_BULK
    list_display = ("what", "total", "state", "asked_by", "created_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("asked_by",)

    @admin.display(description=_("what"))
    def what(self, job: BulkJob) -> str:
        act = acts.find(job.act)
        return str(act.label) if act else job.act

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("<int:pk>/stop/", guarded(require_POST(self.stop)), name="accounts_bulkjob_stop"),
            path("<int:pk>/resume/", guarded(require_POST(self.resume)), name="accounts_bulkjob_resume"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        job = self._job(request, object_id)
        if request.method != "GET":
            raise PermissionDenied
        counted = bulk.progress(job)
        handled = job.total - counted[BulkTarget.State.WAITING]
        refused = job.targets.filter(state=BulkTarget.State.REFUSED).select_related("user").order_by("pk")
        context = {
            **self.admin_site.each_context(request),
            "title": self.what(job),
            "opts": self.opts,
            "job": job,
            "counted": counted,
            "handled": handled,
            "refused": [(row.user, _in_words(row.why)) for row in refused[:SHOWN_REFUSALS]],
            "is_waiting": job.state == BulkJob.State.WAITING,
        }
        response = TemplateResponse(request, "admin/accounts/bulkjob/progress.html", context)
        if job.state == BulkJob.State.WAITING:
            response["Refresh"] = str(REFRESH_SECONDS)
        return response

    def stop(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        job = self._job(request, str(pk))
        bulk.stop(job=job, actor=actor_of(request), facts=client.facts(request))
        return redirect("admin:accounts_bulkjob_change", job.pk)

    def resume(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        job = self._job(request, str(pk))
        act, page = acts.find(job.act), reverse("admin:accounts_bulkjob_change", args=[pk])
        if act is not None and act.is_dangerous and (asked := step_up.ask(request, back_to=page)):
            return asked
        actor, facts = actor_of(request), client.facts(request)
        try:
            bulk.resume(job=job, actor=actor, facts=facts)
        except DeskProblem as refusal:
            acts.note(refusal, job.act, actor, facts)
            self.message_user(request, str(refusal.detail), messages.ERROR)
        return redirect(page)

    def _job(self, request: HttpRequest, key: str) -> BulkJob:
        if not self.has_view_permission(request):
            raise PermissionDenied
        job = BulkJob.objects.filter(pk=key).first() if key.isdecimal() else None
        if job is None:
            raise Http404
        return job


def _in_words(code: str) -> str:
    known = {problem.code: problem.title for problem in errors.DeskProblem.__subclasses__()}
    return str(known.get(code, code))
