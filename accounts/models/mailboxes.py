from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import AddressField
from accounts.managers import InvitationQuerySet, ProofQuerySet
from core.desk import search


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
        # For the list at the desk: accounts.admin.mails.
        indexes = [
            models.Index(fields=["email"], opclasses=["varchar_pattern_ops"], name="invitation_by_address"),
            models.Index(search.domain_of("email"), name="invitation_by_domain"),
            models.Index(fields=["-created_at", "-id"], name="invitation_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.email)

    @property
    def is_open(self) -> bool:
        return self.used_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()
