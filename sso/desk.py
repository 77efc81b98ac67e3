"""Forms of the admin site for connections of organizations; behind them are the flows of the organization's pages."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.desk.moments import MomentField
from orgs.actor import Actor
from orgs.flows import domains
from orgs.models import Organization
from sso.enterprise import connections, fetching
from sso.models import Connection, Legacy
from sso.saml import metadata
from sso.saml.metadata import MetadataRefused, Provider

METADATA_HELP = _("An address is read anew each day, so that new certificates are known in time.")


if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Connection]
else:
    ModelForm = forms.ModelForm


class ProviderFields(ModelForm):
    """Metadata by address or as text, and domains that whoever runs the site knows to be the organization's."""

    read_from = forms.CharField(
        label=_("Metadata from"), required=False, max_length=2000, help_text=METADATA_HELP
    )
    text = forms.CharField(
        label=_("Metadata as text"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    vouched_domains = forms.CharField(
        label=_("Domains to vouch for"), required=False, help_text=_("Separated by blanks.")
    )
    provider: Provider | None = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        try:
            if data.get("text"):
                self.provider = metadata.read(data["text"].encode())
            elif data.get("read_from"):
                self.provider = fetching.provider_at(data["read_from"], by_operator=True)
        except MetadataRefused as refusal:
            raise ValidationError(str(refusal.detail)) from refusal
        return data

    def save(self, commit: bool = True) -> Connection:
        """Nothing by itself: `carry_out` leads through the flows, which leave evidence."""
        return self.instance

    def save_m2m(self) -> None:
        pass

    def _tell_provider(self, connection: Connection, by: Actor) -> None:
        for name in self.cleaned_data["vouched_domains"].split():
            domains.vouch(organization=connection.organization, name=name, by=by)
        if self.provider is not None:
            url = "" if self.cleaned_data["text"] else self.cleaned_data["read_from"]
            connections.believe(connection=connection, provider=self.provider, url=url, by=by)


class NewAtDeskForm(ProviderFields):
    organization = forms.ModelChoiceField(
        Organization.objects.order_by("slug"), to_field_name="slug", label=_("Organization")
    )

    class Meta:
        model = Connection
        fields = ("kind", "slug", "name")

    def carry_out(self, *, by: Actor) -> Connection:
        given = self.cleaned_data
        made = connections.create(
            organization=given["organization"],
            slug=given["slug"],
            name=given["name"],
            kind=given["kind"],
            by=by,
        )
        self._tell_provider(made, by)
        return made


class OpenIdDeskForm(ModelForm):
    """Of an OpenID provider, which is asked about itself before anything is believed of it."""

    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=1000,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted, and shown to nobody. Left empty, the present one stays."),
    )

    class Meta:
        model = Connection
        fields = ("issuer", "client_id", *connections.COMMON_CHOICES)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("issuer"):
            try:
                connections.check_openid(
                    connection=self.instance,
                    issuer=data["issuer"],
                    client_id=data.get("client_id", ""),
                    by_operator=True,
                )
            except MetadataRefused as refusal:
                raise ValidationError({"issuer": str(refusal.detail)}) from refusal
        return data

    def save(self, commit: bool = True) -> Connection:
        return self.instance

    def save_m2m(self) -> None:
        pass

    def carry_out(self, *, by: Actor) -> Connection:
        connection, given = self.instance, self.cleaned_data
        if given["issuer"]:
            connections.set_openid(
                connection=connection,
                issuer=given["issuer"],
                client_id=given["client_id"],
                client_secret=given["client_secret"],
                by=by,
            )
        chosen = {name: given[name] for name in connections.COMMON_CHOICES}
        connections.edit(connection=connection, by=by, **chosen)
        return connection


class DeskForm(ProviderFields):
    legacy = forms.MultipleChoiceField(
        label=_("Outdated methods"),
        choices=Legacy.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    legacy_until = MomentField(label=_("Allowed until"), required=False)

    class Meta:
        model = Connection
        fields = (*connections.CHOICES, "legacy_until")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("legacy") and not connections.may_last(data.get("legacy_until")):
            self.add_error("legacy_until", connections.HOW_LONG)
        return data

    def carry_out(self, *, by: Actor) -> Connection:
        connection: Connection = self.instance
        given = self.cleaned_data
        self._tell_provider(connection, by)
        connections.edit(connection=connection, by=by, **{name: given[name] for name in connections.CHOICES})
        until = given["legacy_until"] if given["legacy"] else None
        connections.allow_legacy(connection=connection, legacy=given["legacy"], until=until, by=by)
        return connection
