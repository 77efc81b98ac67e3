"""What a sign-in would fail of, said before somebody tries: for the page, the command, and the admin's desk."""

from datetime import timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgs.models import Domain
from sso.models import Connection

Text = str | Promise
SOON = timedelta(days=30)


def problems(connection: Connection) -> list[Text]:
    """In the order in which they would be mended."""
    found: list[Text] = []
    if not connection.organization.is_active:
        found.append(_("The organization is suspended."))
    if not connection.is_active:
        found.append(_("The connection is switched off."))
    if not connection.is_ready:
        found.append(
            _("Nothing is known of the identity provider yet: give its metadata.")
            if connection.is_saml
            else _("Nothing is known of the identity provider yet: give its issuer and client ID.")
        )
        return found
    if connection.is_saml:
        found.extend(_about_certificates(connection))
    if not Domain.objects.of(connection.organization).filter(verified_at__isnull=False).exists():
        found.append(_("No domain is proved yet: the provider may speak for nobody's address."))
    return found


def ends_soon(connection: Connection) -> bool:
    """Whether the last certificate of the provider is about to end."""
    ends = [row.not_after for row in connection.certificates.all() if row.not_after is not None]
    return bool(ends) and max(ends) < timezone.now() + SOON


def _about_certificates(connection: Connection) -> list[Text]:
    now = timezone.now()
    rows = [*connection.certificates.all()]
    if not rows:
        return [_("There is no certificate of the provider.")]
    in_time = [row for row in rows if row.not_after is None or row.not_after > now]
    return [] if in_time else [_("All certificates of the provider have ended.")]
