import uuid
from typing import ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import AddressField
from accounts.managers import SessionQuerySet, UserManager


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
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="address_in_lower_case"),
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
