from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import client
from core.fields import EncryptedTextField
from mfa import codes

# Wrong codes in a row before the first wait; each further one doubles it, up to the longest.
FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
# After so long without a wrong code, counting starts again.
FORGOTTEN_AFTER = timedelta(days=1)
TOLD_AT_MOST_EVERY = timedelta(hours=12)


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
