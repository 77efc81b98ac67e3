import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.desk import search
from core.desk.permissions import SitePermission
from core.fields import EncryptedTextField


class Priority(models.IntegerChoices):
    """Whoever waits at the screen comes before whoever reads it tomorrow."""

    URGENT = 0, _("urgent")
    NORMAL = 5, _("normal")
    BULK = 9, _("bulk")


class OutboxMessage(models.Model):
    """One mail to one address. Its texts may carry a sign-in link, so they are kept encrypted."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        DEFERRED = "deferred", _("waiting for another attempt")
        FAILED = "failed", _("failed")

    message_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    message = models.CharField(_("message"), max_length=60)
    person = models.UUIDField(_("person"), null=True, blank=True, db_index=True)
    recipient = models.EmailField(_("recipient"))
    subject = EncryptedTextField(_("subject"))
    text = EncryptedTextField(_("text"))
    html = EncryptedTextField(_("HTML"))
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    claimed_until = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    dedupe_key = models.CharField(max_length=120, null=True, unique=True, editable=False)  # noqa: DJ001 - NULL is "may repeat"

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = [
            models.Index(
                "priority",
                "not_before",
                "id",
                name="outbox_due",
                condition=Q(state__in=["queued", "deferred"]),
            ),
            models.Index("claimed_until", name="outbox_claimed", condition=Q(state="sending")),
            models.Index("state", "created_at", name="outbox_age"),
            # For the list at the desk: accounts.admin.mails.
            models.Index(F("created_at").desc(), F("id").desc(), name="outbox_by_age"),
            models.Index("message", F("created_at").desc(), name="outbox_by_message"),
            models.Index(fields=["recipient"], opclasses=["varchar_pattern_ops"], name="outbox_by_recipient"),
            models.Index(search.domain_of("recipient"), name="outbox_by_domain"),
        ]

    def __str__(self) -> str:
        return f"{self.message} → {self.recipient}"

    @property
    def headers(self) -> dict[str, Any]:
        """One Message-ID for every attempt, so that a mail that arrives twice is recognised as one."""
        return {"Message-ID": f"<{self.message_id}@{settings.BASE_HOST}>", "Auto-Submitted": "auto-generated"}


class RateCounter(models.Model):
    """Where core.ratelimit counts while Redis is away."""

    key = models.CharField(max_length=120, primary_key=True)
    count = models.IntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Desk(models.Model):
    """Has no rows and no table: what Django hangs the permissions of the desk on."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [(permission.value, permission.label) for permission in SitePermission]

    def __str__(self) -> str:
        return "desk"
