import uuid
from functools import cached_property
from typing import ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import AddressField
from accounts.managers import UserManager
from accounts.roles.authority import Authority
from core.desk import search
from core.desk.permissions import Reach, SitePermission


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The outside world knows them by `public_id`; e-mail is how they sign in, and may change."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = AddressField(_("e-mail address"), unique=True)
    # Wider than Django's: hashes of other systems can be longer than ours.
    password = models.CharField(_("password"), max_length=255)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Off: this person cannot sign in.")
    )
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May open the admin site."))
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    # Empty: whatever the browser asks for.
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, blank=True)
    # What began before this moment, such as a sign-in that waits for its next step, does not count any more.
    access_revoked_at = models.DateTimeField(null=True, editable=False)
    locked_at = models.DateTimeField(
        _("locked by its owner"), null=True, editable=False, help_text=_("Until they choose a new password.")
    )

    # Their addresses were proved once, and somebody at the desk wants it done again.
    proof_asked_at = models.DateTimeField(null=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        # For the list at the desk: accounts.admin.people.
        indexes = [
            models.Index(models.F("date_joined").desc(), models.F("id").desc(), name="person_by_age"),
            models.Index(search.domain_of("email"), models.F("id").desc(), name="person_by_domain"),
            GinIndex(search.words_of("name"), name="person_by_word_of_name"),
            models.Index(fields=["-id"], name="person_disabled", condition=Q(is_active=False)),
            models.Index(fields=["-id"], name="person_locked", condition=Q(locked_at__isnull=False)),
            models.Index(fields=["-id"], name="person_of_staff", condition=Q(is_staff=True)),
        ]
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

    @cached_property
    def authority(self) -> Authority:
        """What they may do at the desk, as it was when first asked of this object: one request, one answer."""
        return self.standing if self.is_active else Authority()

    @cached_property
    def standing(self) -> Authority:
        """What they may do as soon as they can sign in: who is disabled is as much above others as before."""
        if self.is_superuser is False and not self.is_staff:
            return Authority()
        grants = () if self.is_superuser else self.role_grants.live().with_permissions()
        return Authority(self.is_superuser, tuple(grant.given for grant in grants))

    def reach(self, permission: SitePermission) -> Reach:
        return self.authority.reach(permission)

    @property
    def has_verified_email(self) -> bool:
        addresses: models.QuerySet[EmailAddress] = EmailAddress.objects
        return addresses.filter(user_id=self.pk, email=self.email, verified=True).exists()


class Acceptance(models.Model):
    """Which version of the terms and the privacy notice somebody agreed to, and when."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="acceptances")
    version = models.CharField(max_length=50)
    accepted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint("user", "version", name="one_acceptance_of_version")]

    def __str__(self) -> str:
        return f"{self.version} {self.accepted_at:%Y-%m-%d}"


class PastPassword(models.Model):
    """A hash that was replaced, kept so that its password is not chosen again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="past_passwords"
    )
    hash = models.CharField(max_length=255)
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user_id}, {self.replaced_at:%Y-%m-%d}"
