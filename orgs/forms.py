import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.addresses import validated
from accounts.sign_in import methods
from orgs import branding, names
from orgs.authority import Authority
from orgs.models import RESERVED_SLUGS, Membership, Organization, Policy, Role, Team
from orgs.permissions import BuiltIn, Permission

DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")


def plain_name(name: str) -> None:
    if not names.is_plain(name):
        raise ValidationError(_("A name has no links, angle brackets or line breaks in it."))


def name_for_strangers(name: str) -> None:
    """Of an organization, which stands in the subject of its invitations."""
    plain_name(name)
    if not names.is_for_strangers(name):
        raise ValidationError(_("A name has no links or addresses of websites in it."))


class NewOrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Organization
        fields = ("name", "slug")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        name_for_strangers(name)
        return name

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED_SLUGS:
            raise ValidationError(_("This short name is taken. Please choose another."))
        return slug


class DescriptionForm(forms.ModelForm):  # type: ignore[type-arg]
    # Browsers would want the scheme, which nobody types.
    website = forms.URLField(
        label=_("Website"),
        required=False,
        max_length=200,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )

    class Meta:
        model = Organization
        fields = ("name", "website", "support_email", "accent")
        help_texts: ClassVar = {
            "support_email": _("Members see it on the first page, and know whom to ask."),
            "accent": _(
                "Of buttons and links on these pages, such as #1a7f5a. Empty: as on the rest of the site."
            ),
        }

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        name_for_strangers(name)
        return name

    def clean_accent(self) -> str:
        accent: str = self.cleaned_data["accent"].lower()
        # Whether it is a colour at all, the model says.
        if branding.COLOUR.fullmatch(accent) and not branding.is_readable(accent):
            raise ValidationError(
                _("White letters could not be read on this colour. Please choose a darker one.")
            )
        return accent


class InviteForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"))
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.across_organizations.none(), required=False, empty_label=_("no team")
    )
    for_anybody = forms.BooleanField(
        label=_("Whoever has the link may join, also with another address"), required=False
    )

    def __init__(self, *args: Any, roles: list[str], teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role, BuiltIn(role).label) for role in roles]  # type: ignore[attr-defined]
        self.fields["role"].initial = BuiltIn.MEMBER
        if teams:
            self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        else:
            del self.fields["team"]

    def clean_email(self) -> str:
        return validated(self.cleaned_data["email"])


class MemberRolesForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"))
    own_roles = forms.ModelMultipleChoiceField(
        label=_("Roles of your own"),
        queryset=Role.across_organizations.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, membership: Membership, by: Authority, **kwargs: Any) -> None:
        """Offers what `by` may give, and what the member has already."""
        super().__init__(*args, **kwargs)
        roles = [role for role in BuiltIn if role == membership.role or by.may_give(role)]
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        held = Role.objects.of(membership.organization).filter(grants__membership=membership)
        self.fields["own_roles"].queryset = _offered(membership.organization, by, held)  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=40, validators=[plain_name])
    permissions = forms.MultipleChoiceField(label=_("May"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, by: Authority, present: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [row for row in Permission if by.may(row) or row in present]
        self.fields["permissions"].choices = [(row.value, row.label) for row in offered]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.lower() in {str(word).lower() for choice in BuiltIn.choices for word in choice}:
            raise ValidationError(_("There is a built-in role of this name."))
        return name


class TeamForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60, validators=[plain_name])
    makes_admin = forms.BooleanField(label=_("Its members are admins"), required=False)
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles of its members"),
        queryset=Role.across_organizations.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, *args: Any, organization: Organization, by: Authority, team: Team | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        own = Role.objects.of(organization)
        held = own.filter(grants__team=team) if team else own.none()
        self.fields["roles"].queryset = _offered(organization, by, held)  # type: ignore[attr-defined]
        self.fields["makes_admin"].disabled = not by.may_give(BuiltIn.ADMIN)


class TeamMemberForm(forms.Form):
    """By address, as people know each other: a list of ten thousand to choose from helps nobody."""

    email = forms.CharField(label=_("E-mail address of a member"), max_length=254)

    def clean_email(self) -> str:
        return validated(self.cleaned_data["email"])


class PolicyForm(forms.Form):
    ways = forms.MultipleChoiceField(
        label=_("Ways to sign in"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With none chosen, every way that the site offers is allowed."),
    )
    second_factor = forms.BooleanField(
        label=_("Signing in needs a second step"),
        required=False,
        help_text=_("Whoever learns a password cannot get in with it alone."),
    )
    second_factor_for = forms.ChoiceField(label=_("Required of"), choices=Policy.Audience.choices)
    second_factor_from = forms.DateField(
        label=_("Required from"),
        required=False,
        # What browsers take for a date, in whatever language.
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Until then people are reminded. Empty: from now on."),
    )
    session_idle_minutes = forms.IntegerField(
        label=_("Signed out after so many minutes without activity"),
        required=False,
        min_value=5,
        max_value=60 * 24 * 90,
        help_text=_("So that a browser left open does not stay open. Empty: as long as the site allows."),
    )
    session_absolute_hours = forms.IntegerField(
        label=_("Signed out after so many hours in any case"),
        required=False,
        min_value=1,
        max_value=24 * 365,
        help_text=_(
            "Then everybody signs in anew, however busy they are. Empty: as long as the site allows."
        ),
    )
    inviters = forms.ChoiceField(
        label=_("Who may invite"),
        choices=Policy.Inviters.choices,
        help_text=_("A role of your own that includes it counts as well, unless only owners may."),
    )
    domains = forms.CharField(
        label=_("Allowed domains"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One per line, such as example.org. New members need an address of one of them; empty: any."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ways"].choices = methods.ways_in()  # type: ignore[attr-defined]

    @staticmethod
    def values_of(policy: Policy) -> dict[str, Any]:
        """What the form shows of the present rules."""
        return {
            "ways": policy.ways,
            "second_factor": policy.second_factor,
            "second_factor_for": policy.second_factor_for,
            "second_factor_from": policy.second_factor_from,
            "session_idle_minutes": _whole(policy.session_idle, timedelta(minutes=1)),
            "session_absolute_hours": _whole(policy.session_absolute, timedelta(hours=1)),
            "inviters": policy.inviters,
            "domains": "\n".join(policy.domains),
        }

    def clean_domains(self) -> list[str]:
        domains = sorted({name.lower().removeprefix("@") for name in self.cleaned_data["domains"].split()})
        wrong = [name for name in domains if not DOMAIN.fullmatch(name)]
        if wrong:
            text = ngettext_lazy("This is no domain: %s", "These are no domains: %s", len(wrong))
            raise ValidationError(text % ", ".join(wrong))
        return domains

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        was_required = self.initial.get("second_factor", False)
        if data.get("second_factor_from") and not data.get("second_factor") and not was_required:
            self.add_error("second_factor", _("Check this as well, or nothing is required from that day."))
        return data

    def rules(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "ways": sorted(given["ways"]),
            "second_factor": given["second_factor"],
            "second_factor_for": given["second_factor_for"],
            "second_factor_from": self._required_from(),
            "session_idle": _span(given["session_idle_minutes"], timedelta(minutes=1)),
            "session_absolute": _span(given["session_absolute_hours"], timedelta(hours=1)),
            "inviters": given["inviters"],
            "domains": given["domains"],
        }

    def _required_from(self) -> datetime | None:
        if not self.cleaned_data["second_factor"]:
            return None
        day = self.cleaned_data["second_factor_from"]
        return datetime.combine(day, time(), tzinfo=UTC) if day else timezone.now()


class MemberFilterForm(forms.Form):
    q = forms.CharField(label=_("Name or address"), required=False, max_length=100)
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("all roles")), *BuiltIn.choices]
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.across_organizations.none(), required=False, empty_label=_("all teams")
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all")), ("active", _("active")), ("paused", _("paused"))],
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.of(organization).order_by("name")  # type: ignore[attr-defined]


def _offered(organization: Organization, by: Authority, held: QuerySet[Role]) -> QuerySet[Role]:
    """The organization's own roles that somebody may give, and those that are given already."""
    own = Role.objects.of(organization)
    coverable = own.filter(permissions__contained_by=sorted(by.permissions))
    return own.filter(Q(pk__in=coverable.values("pk")) | Q(pk__in=held.values("pk"))).order_by("name")


def _whole(span: timedelta | None, unit: timedelta) -> int | None:
    return span // unit if span is not None else None


def _span(number: int | None, unit: timedelta) -> timedelta | None:
    return number * unit if number is not None else None
