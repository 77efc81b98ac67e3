import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import client, digests
from core.fields import EncryptedTextField


class SigningKey(models.Model):
    """A key pair of the ring. It is published before it signs, and stays until what it signed has ended."""

    class Algorithm(models.TextChoices):
        EDDSA = "EdDSA", "Ed25519"
        ES256 = "ES256", "ECDSA P-256"
        RS256 = "RS256", "RSA 3072"

    # The thumbprint of RFC 7638: the same key has the same name everywhere.
    kid = models.CharField(max_length=43, unique=True)
    algorithm = models.CharField(max_length=5, choices=Algorithm.choices)
    private_key = EncryptedTextField(editable=False)
    public_jwk = models.JSONField()
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    signs_from = models.DateTimeField(_("signs from"), db_index=True)
    # From then on, nothing that it signed is believed.
    ends_at = models.DateTimeField(_("believed until"), null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.kid)


class Family(models.Model):
    """One sign-in of a program: a line of refresh tokens, each good until the next one is made from it.

    No token is kept, nor a digest: each is a keyed digest of its number in line, under the family's own secret.
    """

    class End(models.TextChoices):
        SIGNED_OUT = "signed-out", _("signed out")
        REUSED = "reused", _("an old token was used again")
        REVOKED = "revoked", _("all access ended")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="families")
    secret = EncryptedTextField(default=digests.new_token, editable=False)
    # The number of the one token in line that is good.
    number = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    rotated_at = models.DateTimeField(_("last used"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends"), db_index=True)
    # How the person proved who they are, and when.
    methods = models.CharField(_("signed in with"), max_length=100, blank=True)
    authenticated_at = models.DateTimeField(default=timezone.now)
    scope = models.CharField(max_length=500, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    device = models.CharField(_("device"), max_length=100, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(max_length=12, choices=End.choices, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["user", "-rotated_at"], name="family_of_person", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{client.device_in_words(self.device)}, {self.address}"
