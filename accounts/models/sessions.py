from axes.models import AccessAttempt
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.managers import SessionQuerySet
from accounts.sign_in import methods
from core import client


class Browser(models.Model):
    """A browser in which somebody has signed in before; it knows itself by a cookie, of which this is the digest.

    It is no credential: it opens nothing. A sign-in from it is no news, and a lockout does not keep it out.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="browsers")
    digest = models.CharField(max_length=64, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint("user", "digest", name="one_browser_of_person")]

    def __str__(self) -> str:
        return f"browser {self.pk}"


class Lock(AccessAttempt):  # type: ignore[misc]
    """Wrong passwords for one account from one network, as axes counts them; accounts.sign_in.lockout is what acts."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("lock after wrong passwords")
        verbose_name_plural = _("locks after wrong passwords")

    def __str__(self) -> str:
        return str(self.ip_address)


class Session(models.Model):
    """A browser's session. The key itself is only in the cookie; the table knows its digest."""

    session_key = models.CharField(max_length=64, primary_key=True, editable=False)
    session_data = models.TextField(editable=False)
    expire_date = models.DateTimeField(_("ends"), db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="sessions",
        verbose_name=_("person"),
    )
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    address = models.CharField(_("address"), max_length=45, blank=True)
    device = models.CharField(_("device"), max_length=100, blank=True)
    methods = models.CharField(_("signed in with"), max_length=100, blank=True)
    # Of somebody whose sessions end sooner than other people's.
    strict = models.BooleanField(default=False, editable=False)
    # Shorter than the site's, where something about the person asks for it: accounts.session.limits.
    idle_limit = models.DurationField(null=True, editable=False)
    absolute_limit = models.DurationField(null=True, editable=False)
    # Names the sign-in at an outside provider that it rests on; unlike the key it never changes.
    origin = models.UUIDField(null=True, editable=False, db_index=True)
    # No constraint: a session must not fail to be written because its browser was forgotten meanwhile.
    browser = models.ForeignKey(
        "Browser", null=True, on_delete=models.SET_NULL, editable=False, db_constraint=False
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            models.Index(fields=["user", "-last_seen_at"], name="session_of_person"),
            # For the list at the desk: accounts.admin.sessions.
            models.Index(fields=["-created_at", "-session_key"], name="session_by_age"),
            models.Index(fields=["address"], name="session_by_address"),
        ]

    def __str__(self) -> str:
        return f"{client.device_in_words(self.device)}, {self.address}"

    @property
    def methods_in_words(self) -> str:
        return methods.in_words(self.methods.split())
