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
from accounts.managers import InvitationQuerySet, ProofQuerySet, SessionQuerySet, UserManager
from accounts.sign_in import methods
from core import client


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
        indexes = [models.Index(fields=["user", "-last_seen_at"], name="session_of_person")]

    def __str__(self) -> str:
        return f"{client.device_in_words(self.device)}, {self.address}"

    @property
    def methods_in_words(self) -> str:
        return methods.in_words(self.methods.split())


class Proof(models.Model):
    """A link and a code that were mailed together: whoever brings one of them back reads that mailbox."""

    class Purpose(models.TextChoices):
        VERIFY_EMAIL = "verify-email", _("confirm an address")
        RESET_PASSWORD = "reset-password", _("choose a new password")
        UNLOCK_SIGN_IN = "unlock-sign-in", _("end a lockout")
        UNDO_EMAIL_CHANGE = "undo-email-change", _("undo a change of address")
        DISOWN_SIGN_IN = "disown-sign-in", _("report a sign-in")
        SIGN_IN = "sign-in", _("sign in")
        CANCEL_FACTOR_RESET = "cancel-factor-reset", _("cancel a reset of factors")
        ENROL_FACTOR = "enrol-factor", _("set up a new factor")

    class End(models.TextChoices):
        USED = "used", _("used")
        SUPERSEDED = "superseded", _("a newer one was sent")
        REVOKED = "revoked", _("withdrawn")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="proofs")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    email = AddressField()
    link_digest = models.CharField(max_length=64, unique=True)
    code_digest = models.CharField(max_length=64, blank=True)
    # The browser that asked for it, where only that one may bring the code.
    asked_by = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=End.choices, blank=True)

    objects = ProofQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            # At most one open proof for a purpose and mailbox, whatever two requests at once may try.
            models.UniqueConstraint(
                "user",
                "purpose",
                "email",
                condition=Q(ended_at__isnull=True, purpose__in=["verify-email", "reset-password"]),
                name="one_open_proof_of_mailbox",
            ),
            # Of these each asking browser has its own: a stranger who asks ends nobody else's.
            models.UniqueConstraint(
                "user",
                "email",
                "asked_by",
                condition=Q(ended_at__isnull=True, purpose="sign-in"),
                name="one_open_proof_of_browser",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.email}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.expires_at > timezone.now()


class MailRequest(models.Model):
    """Somebody asked for a mail. A worker looks up later what it says, so that asking takes everybody equally long."""

    class Kind(models.TextChoices):
        SIGN_UP = "sign-up", _("confirm a new account")
        RESEND = "resend", _("confirm a new account, once more")
        ADD_ADDRESS = "add-address", _("confirm another address")
        RESET_PASSWORD = "reset-password", _("choose a new password")
        NEW_SIGN_IN = "new-sign-in", _("tell of a sign-in from a new browser")
        LOCKED_OUT = "locked-out", _("tell of a lockout")
        SIGN_IN = "sign-in", _("sign in by mail")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    email = AddressField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    asked_by = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.email}"


class Invitation(models.Model):
    """Lets whoever reads one mailbox sign up, also where that is not open to everybody."""

    email = AddressField(_("e-mail address"))
    link_digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("invited by"),
    )
    created_at = models.DateTimeField(_("sent"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends"), db_index=True)
    used_at = models.DateTimeField(_("used"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return str(self.email)

    @property
    def is_open(self) -> bool:
        return self.used_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()


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
