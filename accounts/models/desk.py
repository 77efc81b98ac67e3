"""What the administrators' desk keeps: who has which role, and what is being done to many people."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.managers import RoleGrantQuerySet
from accounts.roles import catalogue
from accounts.roles.authority import Given
from core.desk.permissions import EVERYTHING, SitePermission


class Role(Group):
    """A named set of permissions of the desk. Django's group; who has it stands in RoleGrant alone."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return catalogue.label(self.name)

    @property
    def is_built_in(self) -> bool:
        return catalogue.is_built_in(self.name)

    @property
    def holds(self) -> frozenset[SitePermission]:
        names = self.permissions.values_list("codename", flat=True)
        return frozenset(SitePermission(name) for name in names if name in EVERYTHING)


class RoleGrant(models.Model):
    """Somebody has a role: everywhere or in one organization, for ever or for a time. Ended, it stays as evidence."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="role_grants",
        verbose_name=_("person"),
    )
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="grants", verbose_name=_("role"))
    # By its public id: the table of organizations belongs to an app above.
    organization = models.UUIDField(_("only for the organization"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("given by"),
    )
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    ends_at = models.DateTimeField(_("ends"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("given role")
        verbose_name_plural = _("given roles")
        constraints = [
            models.UniqueConstraint(
                "user",
                "role",
                condition=Q(ended_at=None, organization=None),
                name="one_grant_of_role",
            ),
            models.UniqueConstraint(
                "user",
                "role",
                "organization",
                condition=Q(ended_at=None, organization__isnull=False),
                name="one_grant_of_role_in_organization",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"], name="grant_that_ends", condition=Q(ended_at=None, ends_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return str(self.role)

    @property
    def is_live(self) -> bool:
        return self.ended_at is None and (self.ends_at is None or self.ends_at > timezone.now())

    @property
    def given(self) -> Given:
        """Of a row read by way of `with_permissions`."""
        names: list[Any] = vars(self)["codenames"]
        held = frozenset(SitePermission(name) for name in names if name in EVERYTHING)
        return Given(self.role.name, held, self.organization, self.ends_at)


class Impersonation(models.Model):
    """An administrator acts in somebody's place, for a while."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("in the place of"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("who")
    )
    reason = models.CharField(_("reason"), max_length=500)
    began_at = models.DateTimeField(_("began"), default=timezone.now)
    ends_at = models.DateTimeField(_("ends"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("stand-in")
        verbose_name_plural = _("stand-ins")
        indexes = [
            models.Index(fields=["user"], name="impersonation_of", condition=Q(ended_at=None)),
            models.Index(fields=["actor"], name="impersonation_by", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.actor} → {self.user}"


class BulkJob(models.Model):
    """One thing that is to be done to many people, one after the other, by the worker."""

    class State(models.TextChoices):
        WAITING = "waiting", _("under way")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    act = models.CharField(_("what"), max_length=40)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    answers = models.JSONField(default=dict)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("asked by"),
    )
    # For the evidence of each step: where the wish came from.
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(_("people"), default=0)

    class Meta:
        default_permissions = ()
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"


class BulkTarget(models.Model):
    """One of those people: whether it was done, or why not."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="targets")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    # The code of the refusal.
    why = models.CharField(max_length=60, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint("job", "user", name="one_target_of_job")]
        indexes = [models.Index(fields=["job", "id"], name="target_that_waits", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.job_id} {self.user_id}"
