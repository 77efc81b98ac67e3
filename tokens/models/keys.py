import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.api.scopes import labels


class ApiKey(models.Model):
    """Opens to a program what its owner may do, as far as its scopes go, until it ends."""

    class End(models.TextChoices):
        ENDED = "ended", _("ended by its owner")
        ROTATED = "rotated", _("replaced by a new one")
        REPORTED = "reported", _("reported as leaked")
        REVOKED = "revoked", _("all access ended")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("person")
    )
    name = models.CharField(_("name"), max_length=100)
    # So much of it may be shown: enough to find it in a list, and of no use.
    hint = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("what it may do"), max_length=1000)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends"), db_index=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    last_used_from = models.CharField(_("last used from"), max_length=45, blank=True)
    # For so many days before its end the owner has been told; less is told again.
    warned_for = models.PositiveSmallIntegerField(null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(_("how it ended"), max_length=10, choices=End.choices, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        default_permissions = ()
        indexes = [
            models.Index(fields=["user", "-created_at"], name="key_of_person", condition=Q(ended_at=None)),
            # For the list at the desk: tokens.admin.
            models.Index(fields=["user", "-id"], name="key_ever_of_person"),
            models.Index(fields=["-created_at", "-id"], name="key_by_age"),
            models.Index(fields=["end", "-created_at"], name="key_by_end", condition=~Q(end="")),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def may(self) -> list[str]:
        """What it opens, in words."""
        return labels(self.scope)

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.expires_at > timezone.now()
