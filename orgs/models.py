import re
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import AddressField
from orgs.managers import (
    InvitationManager,
    KeptOutManager,
    MembershipManager,
    OrganizationQuerySet,
    ScopedManager,
)
from orgs.permissions import BuiltIn, Permission

SLUG = r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?"
# Addresses of our own below /orgs/, and names that would pass for the site itself.
RESERVED_SLUGS = {
    "new",
    "invitations",
    "other-way",
    "join",
    "admin",
    "api",
    "www",
    "mail",
    "support",
    "security",
    "static",
}


class Organization(models.Model):
    """A company or group whose people share rules and are seen by nobody else."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        CLOSED = "closed", _("closed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.CharField(
        _("short name"),
        max_length=50,
        unique=True,
        validators=[RegexValidator(rf"^{SLUG}\Z", _("Use lower-case letters, digits and hyphens."))],
        help_text=_("Part of its address, such as /orgs/example/. It never changes."),
    )
    name = models.CharField(_("name"), max_length=60)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    # The site's operators know who this is. Others' rules hold within their own pages only, and their invitations
    # open no accounts that the site would not have opened anyway: anybody may have made them.
    is_trusted = models.BooleanField(
        _("vouched for"),
        default=False,
        help_text=_("Its rules govern how its people sign in, and whom it invites may create an account."),
    )
    website = models.CharField(_("website"), blank=True, max_length=200)
    support_email = AddressField(_("address for questions"), blank=True)
    accent = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-f]{6}\Z", _("A colour looks like #1a7f5a."))],
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")

    def __str__(self) -> str:
        return str(self.name)

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def initials(self) -> str:
        words = re.findall(r"\w+", self.name)[:2]
        return "".join(word[0] for word in words).upper()


class TenantModel(models.Model):
    """A row that belongs to one organization. Where it points to another such row, both belong to the same one:
    the database sees to that by keys over both columns (migrations/0001_initial.py)."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, verbose_name=_("organization"), editable=False
    )

    objects: ScopedManager[Any] = ScopedManager()
    # For Django itself, and for what concerns all at once; tests/orgs/test_isolation.py lists who may use it.
    across_organizations = models.Manager()

    class Meta:
        abstract = True
        default_permissions = ()
        default_manager_name = "across_organizations"


class Policy(TenantModel):
    """The rules of one organization for its own people. Empty or off: whatever the site allows."""

    class Inviters(models.TextChoices):
        OWNERS = "owners", _("owners only")
        ADMINS = "admins", _("owners and admins")
        MEMBERS = "members", _("every member")

    class Audience(models.TextChoices):
        EVERYBODY = "everybody", _("everybody")
        ADMINS = "admins", _("owners and admins")

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="policy", editable=False
    )
    ways = ArrayField(
        models.CharField(max_length=30), verbose_name=_("ways to sign in"), default=list, blank=True
    )
    second_factor = models.BooleanField(_("second step required"), default=False)
    second_factor_for = models.CharField(
        _("required of"), max_length=10, choices=Audience.choices, default=Audience.EVERYBODY
    )
    # Until then it is asked for, and afterwards nothing opens without it.
    second_factor_from = models.DateTimeField(_("required from"), null=True, blank=True)
    session_idle = models.DurationField(_("longest pause"), null=True, blank=True)
    session_absolute = models.DurationField(_("longest session"), null=True, blank=True)
    inviters = models.CharField(
        _("who may invite"), max_length=10, choices=Inviters.choices, default=Inviters.ADMINS
    )
    domains = ArrayField(
        models.CharField(max_length=253), verbose_name=_("allowed domains"), default=list, blank=True
    )

    objects: ScopedManager["Policy"] = ScopedManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="policy_sessions_last_a_while",
                condition=(Q(session_idle__isnull=True) | Q(session_idle__gte=timedelta(minutes=5)))
                & (Q(session_absolute__isnull=True) | Q(session_absolute__gte=timedelta(minutes=15))),
            ),
        ]

    def __str__(self) -> str:
        return f"policy of {self.organization_id}"

    def asks_for_factor(self, *, is_admin: bool) -> bool:
        return self.second_factor and (is_admin or self.second_factor_for == self.Audience.EVERYBODY)

    def allows_address(self, email: str) -> bool:
        return not self.domains or email.rpartition("@")[2] in self.domains


class Domain(TenantModel):
    """A domain of the organization: once proved, its identity provider may speak for the addresses in it."""

    name = models.CharField(_("domain"), max_length=253)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="domains", editable=False
    )
    # What the DNS has to say, so that whoever controls the domain can show it.
    challenge = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    verified_at = models.DateTimeField(_("proved"), null=True)

    objects: ScopedManager["Domain"] = ScopedManager()

    class Meta(TenantModel.Meta):
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        constraints = [
            models.UniqueConstraint("organization", "name", name="one_domain_of_name"),
            # Whoever proves it last does not take it from whoever proved it first.
            models.UniqueConstraint(
                "name", condition=Q(verified_at__isnull=False), name="one_owner_of_domain"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)


class Membership(TenantModel):
    """That somebody belongs to an organization. Who closes their account leaves first: hence PROTECT."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships", editable=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=10, choices=BuiltIn.choices, default=BuiltIn.MEMBER)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)
    paused_at = models.DateTimeField(_("paused"), null=True)

    objects = MembershipManager()

    class Meta(TenantModel.Meta):
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint("organization", "user", name="one_membership_of_person"),
            models.UniqueConstraint("organization", "id", name="membership_within_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization}"

    @property
    def is_owner(self) -> bool:
        return self.role == BuiltIn.OWNER


class KeptOut(TenantModel):
    """Somebody who was removed, or left while paused: no way back in that was open before, and none by itself.

    Somebody who may invite them decides anew; the row goes when they join. Who decided this stands in the log.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    objects = KeptOutManager()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint("organization", "user", name="kept_out_once")]

    def __str__(self) -> str:
        return f"{self.user_id} out of {self.organization_id}"


class Role(TenantModel):
    """A role of an organization's own: a name for some permissions."""

    name = models.CharField(_("name"), max_length=40)
    permissions = ArrayField(
        models.CharField(max_length=40, choices=Permission.choices),
        verbose_name=_("permissions"),
        default=list,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ScopedManager["Role"] = ScopedManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint("organization", models.functions.Lower("name"), name="one_role_of_name"),
            models.UniqueConstraint("organization", "id", name="role_within_organization"),
        ]

    def __str__(self) -> str:
        return str(self.name)


class Team(TenantModel):
    """Some members of an organization; what the team may do, each of them may."""

    name = models.CharField(_("name"), max_length=60)
    # Ownership is personal, so no team brings it.
    makes_admin = models.BooleanField(_("its members are admins"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ScopedManager["Team"] = ScopedManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint("organization", models.functions.Lower("name"), name="one_team_of_name"),
            models.UniqueConstraint("organization", "id", name="team_within_organization"),
        ]

    def __str__(self) -> str:
        return str(self.name)


class TeamMember(TenantModel):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="team_members")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="teams")

    objects: ScopedManager["TeamMember"] = ScopedManager()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint("team", "membership", name="once_in_team")]

    def __str__(self) -> str:
        return f"{self.membership_id} in team {self.team_id}"


class Grant(TenantModel):
    """Gives a role of the organization's own to a member or to a team."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="grants")
    membership = models.ForeignKey(Membership, null=True, on_delete=models.CASCADE, related_name="grants")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="grants")

    objects: ScopedManager["Grant"] = ScopedManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="grant_to_member_or_team",
                condition=Q(membership__isnull=True) ^ Q(team__isnull=True),
            ),
            models.UniqueConstraint("role", "membership", name="role_granted_once_to_member"),
            models.UniqueConstraint("role", "team", name="role_granted_once_to_team"),
        ]

    def __str__(self) -> str:
        return f"role {self.role_id}"


class Invitation(TenantModel):
    """Lets somebody join; the link is in the mail alone, and works once."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = AddressField(_("e-mail address"))
    # Otherwise only an account with this very address may use it.
    for_anybody = models.BooleanField(_("whoever has the link may join"), default=False)
    role = models.CharField(_("role"), max_length=10, choices=BuiltIn.choices, default=BuiltIn.MEMBER)
    team = models.ForeignKey(
        Team, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("team")
    )
    link_digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("sent"), default=timezone.now)
    expires_at = models.DateTimeField(_("ends"))
    used_at = models.DateTimeField(_("used"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)

    objects = InvitationManager()

    class Meta(TenantModel.Meta):
        constraints = [
            # One that is over by its age is withdrawn when the next one is sent.
            models.UniqueConstraint(
                "organization",
                "email",
                condition=Q(used_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_of_mailbox",
            ),
        ]

    def __str__(self) -> str:
        return str(self.email)

    @property
    def is_open(self) -> bool:
        return self.used_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()

    @property
    def is_expired(self) -> bool:
        return self.used_at is None and self.withdrawn_at is None and self.expires_at <= timezone.now()
