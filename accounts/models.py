import uuid
from typing import ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import AddressField
from accounts.managers import ProofQuerySet, SessionQuerySet, UserManager


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The outside world knows them by `public_id`; e-mail is how they sign in, and may change."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = AddressField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Off: this person cannot sign in.")
    )
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May open the admin site."))
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            # The field stores one spelling, which is what makes it unique; this stops what bypasses the field.
            models.CheckConstraint(condition=Q(email=Lower("email")), name="address_in_lower_case"),
        ]

    def __str__(self) -> str:
        return str(self.email)

    def get_full_name(self) -> str:
        return str(self.name or self.email)

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def initials(self) -> str:
        words = self.name.split() or [self.email]
        return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()

    @property
    def has_verified_email(self) -> bool:
        addresses: models.QuerySet[EmailAddress] = EmailAddress.objects
        return addresses.filter(user_id=self.pk, email=self.email, verified=True).exists()


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

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [models.Index(fields=["user", "-last_seen_at"], name="session_of_person")]

    def __str__(self) -> str:
        return f"{self.device or _('Unknown device')}, {self.address}"


class Proof(models.Model):
    """A link and a code that were mailed together: whoever brings one of them back reads that mailbox."""

    class Purpose(models.TextChoices):
        VERIFY_EMAIL = "verify-email", _("confirm an address")
        RESET_PASSWORD = "reset-password", _("choose a new password")

    class End(models.TextChoices):
        USED = "used", _("used")
        SUPERSEDED = "superseded", _("a newer one was sent")
        REVOKED = "revoked", _("withdrawn")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="proofs")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    email = AddressField()
    link_digest = models.CharField(max_length=64, unique=True)
    code_digest = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=End.choices, blank=True)

    objects = ProofQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            # At most one open proof for a purpose, whatever two requests at once may try.
            models.UniqueConstraint(
                "user", "purpose", condition=Q(ended_at__isnull=True), name="one_open_proof"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.email}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.expires_at > timezone.now()
