"""What is typed in to set up an organization's own sign-in."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from orgs.models import SLUG, Organization, Role, Team
from orgs.permissions import BuiltIn
from sso.enterprise.connections import CHOICES, COMMON_CHOICES, Brings
from sso.enterprise.mapping import FIELDS
from sso.models import Connection, NameIdFormat
from sso.saml import keys, metadata
from sso.saml.keys import WeakCertificate
from sso.saml.metadata import MetadataRefused, Provider

LABELS = {
    "email": _("E-mail address"),
    "name": _("Full name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "groups": _("Groups"),
    "subject": _("A name that never changes"),
}


class DomainForm(forms.Form):
    name = forms.CharField(label=_("Domain"), max_length=253, help_text=_("Such as example.org."))


class NewConnectionForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Protocol"), choices=Connection.Kind.choices, initial=Connection.Kind.SAML, required=False
    )
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Your people read it on the button that leads there.")
    )
    slug = forms.CharField(
        label=_("Short name"),
        max_length=50,
        validators=[RegexValidator(rf"^{SLUG}\Z", _("Use lower-case letters, digits and hyphens."))],
        help_text=_("Part of the addresses that your identity provider gets. It never changes."),
    )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or str(Connection.Kind.SAML)


class MetadataForm(forms.Form):
    """One of three: an address, a file, or text."""

    url = forms.CharField(
        label=_("Address of the metadata"),
        required=False,
        max_length=2000,
        help_text=_("The best of the three: new certificates are then noticed by themselves."),
    )
    file = forms.FileField(label=_("or a file"), required=False)
    text = forms.CharField(
        label=_("or the text itself"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        given = [name for name in ("url", "file", "text") if data.get(name)]
        if len(given) != 1:
            raise ValidationError(_("Give exactly one of the three."))
        return data

    def content(self) -> bytes | None:
        """None where it has to be fetched."""
        if self.cleaned_data["file"]:
            found: bytes = self.cleaned_data["file"].read(metadata.LARGEST + 1)
            return found
        return self.cleaned_data["text"].encode() if self.cleaned_data["text"] else None


class ByHandForm(forms.Form):
    """For a provider that hands out no metadata: the three values that its page shows."""

    idp_entity_id = forms.CharField(label=_("Entity ID (issuer)"), max_length=1024)
    sso_url = forms.CharField(label=_("Sign-in URL"), max_length=2000)
    certificate = forms.CharField(
        label=_("Certificate"),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("As text, beginning with BEGIN CERTIFICATE or without it."),
    )

    def clean_sso_url(self) -> str:
        try:
            return metadata.checked_address(self.cleaned_data["sso_url"])
        except MetadataRefused as refusal:
            raise ValidationError(str(refusal.detail)) from refusal

    def clean_certificate(self) -> str:
        try:
            keys.parse(self.cleaned_data["certificate"])
        except WeakCertificate as error:
            raise ValidationError(_("It cannot be used: %(why)s.") % {"why": error}) from error
        return str(self.cleaned_data["certificate"])

    def provider(self) -> Provider:
        return Provider(
            entity_id=self.cleaned_data["idp_entity_id"],
            sso_url=self.cleaned_data["sso_url"],
            sso_binding=Connection._meta.get_field("sso_binding").default,
            certificates=[self.cleaned_data["certificate"]],
        )


class OpenIdForm(forms.Form):
    issuer = forms.CharField(
        label=_("Issuer"), max_length=2000, help_text=_("Such as https://login.example.org.")
    )
    client_id = forms.CharField(label=_("Client ID"), max_length=255)
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=1000,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted, and shown to nobody. Left empty, the present one stays."),
    )


class ChoicesForm(forms.Form):
    """How the connection behaves. Empty fields of the mapping: the usual names."""

    name = forms.CharField(label=_("Name"), max_length=60)
    is_active = forms.BooleanField(label=_("In use"), required=False)
    creates_people = forms.BooleanField(
        label=_("New people get an account"),
        required=False,
        help_text=_("Otherwise only those come in who are members already."),
    )
    allow_idp_initiated = forms.BooleanField(
        label=_("People may begin at the provider"),
        required=False,
        help_text=_("They are asked here whether it is really them."),
    )
    force_authn = forms.BooleanField(label=_("The provider asks for the password each time"), required=False)
    signs_requests = forms.BooleanField(label=_("Our requests are signed"), required=False)
    name_id_format = forms.ChoiceField(label=_("Name of a person"), choices=NameIdFormat.choices)
    requested_contexts = forms.CharField(
        label=_("Asked of the provider (AuthnContext, one a line)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    trusted_contexts = forms.CharField(
        label=_("Counts as a second step (AuthnContext, one a line)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("Whoever comes with one of these is not asked for another factor by your rules."),
    )

    def __init__(self, *args: Any, is_saml: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_saml:
            for name in set(CHOICES) - set(COMMON_CHOICES):
                del self.fields[name]
            self.fields["trusted_contexts"].label = _("Counts as a second step (acr or amr, one a line)")
        for field in FIELDS:
            label = _("Attribute for: %(field)s") % {"field": LABELS[field]}
            self.fields[f"map_{field}"] = forms.CharField(label=label, required=False, max_length=200)

    @staticmethod
    def values_of(connection: Connection) -> dict[str, Any]:
        return {
            **{name: getattr(connection, name) for name in PLAIN},
            "requested_contexts": "\n".join(connection.requested_contexts),
            "trusted_contexts": "\n".join(connection.trusted_contexts),
            **{f"map_{field}": connection.mapping.get(field, "") for field in FIELDS},
        }

    def choices(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            **{name: given[name] for name in PLAIN if name in given},
            **{name: given[name].split() for name in LISTS if name in given},
            "mapping": {field: given[f"map_{field}"] for field in FIELDS if given[f"map_{field}"]},
        }


LISTS = ("requested_contexts", "trusted_contexts")
PLAIN = (
    "name",
    "is_active",
    "creates_people",
    "allow_idp_initiated",
    "force_authn",
    "signs_requests",
    "name_id_format",
)


class GroupForm(forms.Form):
    group = forms.CharField(label=_("Group at the provider"), max_length=255)
    brings = forms.ChoiceField(label=_("brings"))

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = {f"role-{row.pk}": row for row in Role.objects.of(organization).order_by("name")}
        teams = Team.objects.of(organization).select_related("organization").order_by("name")
        self.teams = {f"team-{row.pk}": row for row in teams}
        cast(forms.ChoiceField, self.fields["brings"]).choices = [
            (BuiltIn.ADMIN.value, BuiltIn.ADMIN.label),
            (_("Roles"), [(name, row.name) for name, row in self.roles.items()]),
            (_("Teams"), [(name, row.name) for name, row in self.teams.items()]),
        ]

    def what(self) -> Brings:
        chosen = self.cleaned_data["brings"]
        if chosen == BuiltIn.ADMIN:
            return Brings(built_in=chosen)
        return Brings(role=self.roles.get(chosen), team=self.teams.get(chosen))
