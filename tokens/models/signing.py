from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
