import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import client, digests
from core.fields import EncryptedTextField
from mfa import codes

# Wrong codes in a row before the first wait; each further one doubles it, up to the longest.
FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
# After so long without a wrong code, counting starts again.
FORGOTTEN_AFTER = timedelta(days=1)
TOLD_AT_MOST_EVERY = timedelta(hours=12)


def new_handle() -> bytes:
    return secrets.token_bytes(32)


def new_challenge() -> str:
    """32 random bytes, as browsers spell them."""
    return digests.new_token()


class Authenticator(models.Model):
    """An app that shows a new code every half minute. The row exists once its first code was right."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="authenticators"
    )
    name = models.CharField(_("name"), max_length=60)
    secret = EncryptedTextField(editable=False)
    # Of the last code that was taken: neither it nor an older one is taken again.
    last_step = models.BigIntegerField(editable=False)
    created_at = models.DateTimeField(_("added"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")

    def __str__(self) -> str:
        return str(self.name)

    def accepts(self, code: str, *, at: datetime) -> bool:
        """The caller holds the lock on this row, so that of two requests with one code the second is refused."""
        step = codes.step_of(code, secret=self.secret, at=at.timestamp(), after=self.last_step)
        if step is None:
            return False
        self.last_step, self.last_used_at = step, at
        self.save(update_fields=["last_step", "last_used_at"])
        return True


class RecoveryCode(models.Model):
    """For the day on which everything else is lost; each opens the account once.

    A digest that is sealed and not keyed: it moves on with the key ring, as a keyed one could not.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = EncryptedTextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class Passkey(models.Model):
    """A key pair whose secret half a device or a password manager keeps; we have the public one.

    Not suspended, it is a second factor and by itself a whole sign-in: the device asked for a finger, a face or a PIN.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(_("name"), max_length=60)
    credential_id = models.BinaryField(max_length=1023, unique=True, editable=False)
    public_key = models.BinaryField(editable=False)
    # Of the last use. Devices that keep none say 0 each time.
    sign_count = models.PositiveBigIntegerField(editable=False)
    aaguid = models.UUIDField(editable=False)
    transports = models.JSONField(default=list, editable=False)
    # Whether it may be copied to the owner's other devices, which never changes, and whether it was.
    backup_eligible = models.BooleanField(editable=False)
    backed_up = models.BooleanField(editable=False)
    # Whether it is found without an address being typed, as far as the browser said so.
    is_discoverable = models.BooleanField(null=True, editable=False)
    created_at = models.DateTimeField(_("added"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    # Since when it counts as copied by somebody: nothing opens with it any more.
    suspended_at = models.DateTimeField(_("suspended"), null=True)

    class Meta:
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")

    def __str__(self) -> str:
        return str(self.name)

    def is_outrun_by(self, sign_count: int) -> bool:
        """Whether a device with this count goes on from the last use; else there are two of it (§ 6.1.1)."""
        return sign_count > self.sign_count or sign_count == self.sign_count == 0

    def note_use(self, *, sign_count: int, backed_up: bool) -> None:
        """The caller holds the lock on this row."""
        self.sign_count, self.backed_up, self.last_used_at = sign_count, backed_up, timezone.now()
        self.save(update_fields=["sign_count", "backed_up", "last_used_at"])

    def suspend(self) -> None:
        self.suspended_at = timezone.now()
        self.save(update_fields=["suspended_at"])


class PasskeyHandle(models.Model):
    """By what name authenticators know a person: random, so that it tells nobody anything, and for good."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="passkey_handle"
    )
    handle = models.BinaryField(max_length=64, unique=True, editable=False, default=new_handle)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"handle of {self.user_id}"


class Ceremony(models.Model):
    """A question that a browser has been asked and has not answered yet: for one purpose, one person, and once."""

    class Purpose(models.TextChoices):
        REGISTER = "register"
        SIGN_IN = "sign-in"
        SECOND_FACTOR = "second-factor"
        PROVE = "prove"

    challenge = models.CharField(max_length=43, unique=True, editable=False, default=new_challenge)
    purpose = models.CharField(max_length=20, choices=Purpose)
    # Nobody for a sign-in that begins with it: who it is, the answer says.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class TrustedBrowser(models.Model):
    """A browser in which a person need not show their second factor for a while: in it, this is a credential."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trusted_browsers"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    device = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return client.device_in_words(self.device)


class Guesses(models.Model):
    """How often a person's second factor was got wrong in a row, whichever of their factors was tried.

    Counted in the database, under the lock on the person: parallel tries do not get past it, nor does a lost Redis.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    failures = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField(null=True, db_index=True)
    blocked_until = models.DateTimeField(null=True)
    refusal_noted = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.failures} wrong codes"

    def seconds_to_wait(self, now: datetime) -> int:
        if self.blocked_until is None or self.blocked_until <= now:
            return 0
        return max(1, round((self.blocked_until - now).total_seconds()))

    def count(self, now: datetime) -> None:
        if self.last_failed_at is not None and now - self.last_failed_at > FORGOTTEN_AFTER:
            self.failures = 0
        self.failures += 1
        self.last_failed_at = now
        if self.failures >= FREE_TRIES:
            doublings = min(self.failures - FREE_TRIES, 10)
            self.blocked_until = now + min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
            self.refusal_noted = False

    def owner_should_know(self, now: datetime) -> bool:
        """Not at once: whoever mistypes a code now and then would learn to ignore the mail."""
        told_lately = self.told_at is not None and now - self.told_at < TOLD_AT_MOST_EVERY
        return self.failures >= FREE_TRIES and not told_lately


class FactorReset(models.Model):
    """An administrator says that somebody lost their factors: in the end that person may set up new ones, once."""

    class End(models.TextChoices):
        USED = "used", _("new factor set up")
        CANCELLED = "cancelled", _("cancelled by the person")
        WITHDRAWN = "withdrawn", _("withdrawn by an administrator")
        REVOKED = "revoked", _("access was ended")
        EXPIRED = "expired", _("not used in time")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="factor_resets",
        verbose_name=_("person"),
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    reason = models.TextField(_("reason"), max_length=500)
    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    # Until then the person may think about it, unless a second administrator confirms.
    hold_until = models.DateTimeField(_("held until"), db_index=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    released_at = models.DateTimeField(_("mail sent"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(_("how it ended"), max_length=12, choices=End.choices, blank=True)

    class Meta:
        verbose_name = _("reset of factors")
        verbose_name_plural = _("resets of factors")
        constraints = [
            models.UniqueConstraint(
                "user", condition=models.Q(ended_at__isnull=True), name="one_open_reset_of_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}"
