"""Identity providers of organizations, and what a sign-in at one of them leaves here for a while."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.site import absolute
from orgs.managers import ScopedManager
from orgs.models import SLUG, Role, Team, TenantModel
from orgs.permissions import BuiltIn
from sso.managers import ConnectionManager

ADDRESS_LIMIT = 2000


class Binding(models.TextChoices):
    """How a browser carries a message to the identity provider."""

    REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", _("in the address")
    POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", _("in a form")


class NameIdFormat(models.TextChoices):
    UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", _("whatever the provider sends")
    EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", _("e-mail address")
    PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", _("persistent")
    TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient", _("transient (new at each sign-in)")


class Legacy(models.TextChoices):
    """What is broken or on its way there, and may be allowed to one provider for a stated time."""

    SHA1 = "sha1", _("signatures with SHA-1")
    TRIPLE_DES = "3des", _("encryption with Triple DES")
    RSA_1_5 = "rsa15", _("keys encrypted with RSA 1.5")


class Rank(models.IntegerChoices):
    """How much somebody may do, as far as it matters whose accounts a provider opens."""

    MEMBER = 1, _("plain members")
    ADMIN = 2, _("members and admins")
    OWNER = 3, _("members, admins and owners")
    SITE = 4, _("everybody, also those who help to run the site")


class Connection(TenantModel):
    """The identity provider of one organization, by which its people sign in."""

    class Kind(models.TextChoices):
        SAML = "saml", "SAML 2.0"
        OPENID = "openid", "OpenID Connect"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("protocol"), max_length=10, choices=Kind.choices, default=Kind.SAML)
    slug = models.CharField(
        _("short name"),
        max_length=50,
        unique=True,
        validators=[RegexValidator(rf"^{SLUG}\Z", _("Use lower-case letters, digits and hyphens."))],
        help_text=_("Part of its addresses. It never changes."),
    )
    name = models.CharField(
        _("name"), max_length=60, help_text=_("Stands on the button of the sign-in page.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    # --- Whom it brings ---------------------------------------------------------------------------
    creates_people = models.BooleanField(
        _("new people get an account"),
        default=True,
        help_text=_("Off: only those come in who have an account here and belong to the organization."),
    )
    # Which attribute or claim says what; where one is missing, sso.enterprise.mapping knows the usual names.
    mapping = models.JSONField(default=dict, blank=True)
    # What the provider says of how it asked for two factors, where it is believed.
    trusted_contexts = ArrayField(
        models.CharField(max_length=200), verbose_name=_("counts as a second step"), default=list, blank=True
    )

    # Of whoever set it up, the one who may do least: what they wrote down may be a provider of their own, which says
    # whatever they like. Only somebody who may do more raises it, by having looked at it.
    opens_up_to = models.PositiveSmallIntegerField(
        _("opens the accounts of"), choices=Rank.choices, default=Rank.MEMBER, editable=False
    )

    # --- SAML -------------------------------------------------------------------------------------
    # Told to the provider once: it stays, also when the site moves to another address.
    entity_id = models.CharField(max_length=ADDRESS_LIMIT, blank=True, editable=False)
    idp_entity_id = models.CharField(_("entity ID of the provider"), max_length=1024, blank=True)
    metadata_url = models.CharField(_("address of its metadata"), max_length=ADDRESS_LIMIT, blank=True)
    # Whoever runs the site wrote it down: then it may be one of our own network.
    metadata_by_operator = models.BooleanField(default=False, editable=False)
    metadata_read_at = models.DateTimeField(null=True, editable=False)
    # Of the days before its provider's last certificate ends, those that were mailed already.
    warned_for = models.PositiveSmallIntegerField(null=True, editable=False)
    sso_url = models.CharField(_("where it signs people in"), max_length=ADDRESS_LIMIT, blank=True)
    sso_binding = models.CharField(max_length=60, choices=Binding.choices, default=Binding.REDIRECT)
    slo_url = models.CharField(_("where it signs people out"), max_length=ADDRESS_LIMIT, blank=True)
    slo_response_url = models.CharField(max_length=ADDRESS_LIMIT, blank=True)
    slo_binding = models.CharField(max_length=60, choices=Binding.choices, default=Binding.REDIRECT)
    signs_requests = models.BooleanField(_("requests are signed"), default=True)
    name_id_format = models.CharField(
        _("name of a person"), max_length=80, choices=NameIdFormat.choices, default=NameIdFormat.UNSPECIFIED
    )
    requested_contexts = ArrayField(
        models.CharField(max_length=200), verbose_name=_("asked of the provider"), default=list, blank=True
    )
    force_authn = models.BooleanField(_("asks for the password each time"), default=False)
    allow_idp_initiated = models.BooleanField(_("people may begin at the provider"), default=False)
    legacy = ArrayField(
        models.CharField(max_length=10, choices=Legacy.choices),
        verbose_name=_("outdated methods"),
        default=list,
        blank=True,
    )
    legacy_until = models.DateTimeField(_("allowed until"), null=True, blank=True)

    # --- OpenID Connect ---------------------------------------------------------------------------
    issuer = models.CharField(_("issuer"), max_length=ADDRESS_LIMIT, blank=True)
    client_id = models.CharField(_("client ID"), max_length=255, blank=True)
    client_secret = EncryptedTextField(null=True, editable=False)

    objects: ConnectionManager = ConnectionManager()

    class Meta:
        verbose_name = _("connection of an organization")
        verbose_name_plural = _("connections of organizations")
        default_permissions = ("view", "change")
        default_manager_name = "across_organizations"
        constraints = [
            models.UniqueConstraint("organization", "id", name="connection_within_organization"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def is_saml(self) -> bool:
        return self.kind == self.Kind.SAML

    @property
    def is_ready(self) -> bool:
        """Whether enough is known of the provider to send somebody there."""
        known = (self.idp_entity_id and self.sso_url) if self.is_saml else (self.issuer and self.client_id)
        return bool(known)

    @property
    def is_usable(self) -> bool:
        """What every path asks before it believes anything that comes by way of this connection."""
        return bool(self.is_active and self.is_ready and self.organization.is_active)

    @property
    def acs_url(self) -> str:
        return absolute(reverse("sso-saml:acs", args=[self.slug]))

    @property
    def logout_url(self) -> str:
        return absolute(reverse("sso-saml:sls", args=[self.slug]))

    @property
    def callback_url(self) -> str:
        return absolute(reverse("sso-openid:callback", args=[self.slug]))

    @property
    def back_channel_url(self) -> str:
        return absolute(reverse("sso-openid:logout", args=[self.slug]))

    @property
    def start_path(self) -> str:
        return reverse("sso-saml:login" if self.is_saml else "sso-openid:login", args=[self.slug])

    @property
    def account_provider(self) -> str:
        """Its name in the table of connected accounts, which no provider of the site's own can have."""
        return f"connection:{self.public_id}"

    def allows(self, legacy: str) -> bool:
        return legacy in self.legacy and self.legacy_until is not None and self.legacy_until > timezone.now()


class IdpCertificate(models.Model):
    """With one of these an identity provider signs; while it changes from one to the next, there are several."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="certificates")
    pem = models.TextField()
    fingerprint = models.CharField(max_length=64)
    subject = models.CharField(max_length=255, blank=True)
    not_before = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("connection", "fingerprint", name="one_certificate_of_connection")
        ]

    def __str__(self) -> str:
        return self.fingerprint


class ServiceKey(models.Model):
    """A key of ours for one connection: it signs our messages, and opens what is encrypted for us."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="keys")
    private_key = EncryptedTextField()
    certificate = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    # In the metadata before and after this, so that providers know it in time; signing begins here.
    signs_from = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"key of {self.connection_id} from {self.signs_from:%Y-%m-%d}"


class GroupRule(TenantModel):
    """What a group at the provider brings here; looked at again at each sign-in."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="group_rules")
    group = models.CharField(_("group at the provider"), max_length=255)
    # One of these: a built-in role short of ownership, a role of the organization's own, or a team.
    built_in = models.CharField(
        _("role"), max_length=10, choices=[(BuiltIn.ADMIN.value, BuiltIn.ADMIN.label)], blank=True
    )
    role = models.ForeignKey(
        Role, null=True, blank=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("own role")
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("team")
    )

    objects: ScopedManager["GroupRule"] = ScopedManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="group_brings_one_thing",
                condition=(~Q(built_in="") & Q(role__isnull=True, team__isnull=True))
                | (Q(built_in="") & (Q(role__isnull=True) ^ Q(team__isnull=True))),
            ),
        ]

    def __str__(self) -> str:
        return str(self.group)


class SignInRequest(models.Model):
    """A browser has left for an identity provider; what comes back has to name this, once."""

    LIFETIME = timedelta(minutes=15)

    request_id = models.CharField(max_length=64, unique=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    # Digest of a secret in the session of the browser that left.
    browser = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20)
    # Who was signed in when it left, by public id.
    person = models.CharField(max_length=36, blank=True)
    next_address = models.CharField(max_length=2048, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.request_id


class ParkedAssertion(models.Model):
    """What an identity provider said of somebody, verified, until their browser comes for it with its own cookies."""

    LIFETIME = timedelta(minutes=5)

    digest = models.CharField(max_length=64, unique=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    content = EncryptedTextField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"parked {self.pk}"


class SeenMessage(models.Model):
    """An assertion or a request to sign out counts once: the unique index decides who came first."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    # Until then the message would still be in time.
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint("connection", "digest", name="one_use_of_message")]

    def __str__(self) -> str:
        return self.digest


class Visit(models.Model):
    """A sign-in by way of a connection: what the provider calls person and session, so that either side can end it."""

    # In the session's row as `origin`, which stays when its key changes.
    origin = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="visits")
    # Digest of the name (and qualifiers) or of the subject, by which the provider's message finds it.
    subject_digest = models.CharField(max_length=64)
    subject = EncryptedTextField()
    session_index = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["connection", "subject_digest"], name="visit_of_subject")]

    def __str__(self) -> str:
        return str(self.origin)


class LogoutAttempt(models.Model):
    """We asked a provider to sign somebody out; its answer has to name this."""

    LIFETIME = timedelta(minutes=10)

    request_id = models.CharField(max_length=64, unique=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    next_address = models.CharField(max_length=2048, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.request_id


def expiry(lifetime: timedelta) -> datetime:
    return timezone.now() + lifetime
