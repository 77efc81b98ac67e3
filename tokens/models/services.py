import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models import TenantModel


class ServiceAccount(TenantModel):
    """A program of an organization, which acts for it and for no person."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60)
    scope = models.CharField(_("what it may do"), max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    disabled_at = models.DateTimeField(_("disabled"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    last_used_from = models.CharField(_("last used from"), max_length=45, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("service account")
        verbose_name_plural = _("service accounts")
        constraints = [
            models.UniqueConstraint("organization", "name", name="one_service_of_name"),
            models.UniqueConstraint("organization", "id", name="service_within_organization"),
        ]

    def __str__(self) -> str:
        return str(self.name)


class ServiceCredential(TenantModel):
    """How a service account proves who it is: a secret of which only the digest is kept, or a public key."""

    class Kind(models.TextChoices):
        SECRET = "secret", _("client secret")
        KEY = "key", _("public key")

    class End(models.TextChoices):
        ENDED = "ended", _("ended")
        REPORTED = "reported", _("reported as leaked")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    service = models.ForeignKey(ServiceAccount, on_delete=models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    hint = models.CharField(max_length=12, blank=True)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    public_jwk = models.JSONField(null=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    # For so many days before its end the owners have been told; less is told again.
    warned_for = models.PositiveSmallIntegerField(null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="secret", public_jwk__isnull=True) & ~Q(digest="")
                | Q(kind="key", digest="", public_jwk__isnull=False),
                name="credential_is_one_kind",
            ),
            models.UniqueConstraint("digest", condition=~Q(digest=""), name="one_secret_of_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.hint}"


class UsedAssertion(models.Model):
    """A signed assertion that a service account has used: it is good once."""

    service = models.ForeignKey(ServiceAccount, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint("service", "digest", name="assertion_used_once")]

    def __str__(self) -> str:
        return str(self.digest)
