import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import client, digests
from core.fields import EncryptedTextField


class Family(models.Model):
    """One sign-in of a program: a line of refresh tokens, each good until the next one is made from it.

    No token is kept, nor a digest: each is a keyed digest of its number in line, under the family's own secret.
    """

    class End(models.TextChoices):
        SIGNED_OUT = "signed-out", _("signed out")
        REUSED = "reused", _("an old token was used again")
        REVOKED = "revoked", _("all access ended")
        CROWDED = "crowded", _("gave way to newer ones")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="families", verbose_name=_("person")
    )
    secret = EncryptedTextField(default=digests.new_token, editable=False)
    # The number of the one token in line that is good.
    number = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    rotated_at = models.DateTimeField(_("last used"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends"), db_index=True)
    methods = models.CharField(_("signed in with"), max_length=100, blank=True)
    # What a browser's sign-in keeps in its session: proofs of who this is, and what is half done.
    state = models.JSONField(default=dict, editable=False)
    scope = models.CharField(_("what it may do"), max_length=1000, blank=True)
    # Of somebody whose sign-ins end sooner than other people's, and what rules about the person ask for.
    strict = models.BooleanField(default=False, editable=False)
    idle_limit = models.DurationField(null=True, editable=False)
    absolute_limit = models.DurationField(null=True, editable=False)
    address = models.CharField(_("address"), max_length=45, blank=True)
    device = models.CharField(_("device"), max_length=100, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(_("how it ended"), max_length=12, choices=End.choices, blank=True)

    class Meta:
        verbose_name = _("sign-in of a program")
        verbose_name_plural = _("sign-ins of programs")
        default_permissions = ()
        indexes = [
            models.Index(fields=["user", "-rotated_at"], name="family_of_person", condition=Q(ended_at=None)),
            # Whether somebody has signed in from there before, also with what has ended.
            models.Index(fields=["user", "address", "device"], name="family_from_where"),
            # For the list at the desk: tokens.admin.
            models.Index(fields=["-created_at", "-id"], name="family_by_age"),
            models.Index(fields=["end", "-created_at"], name="family_by_end", condition=~Q(end="")),
        ]

    def __str__(self) -> str:
        return f"{client.device_in_words(self.device)}, {self.address}"
