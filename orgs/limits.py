"""How often organizations may make the site do something; the numbers stand in settings.RATE_LIMITS."""

from django.http import HttpRequest

from core import ratelimit
from orgs.models import Organization


def before_new(request: HttpRequest) -> None:
    ratelimit.enforce("organization-new.account", str(request.user.pk), on_error="deny")


def before_invitation(request: HttpRequest, organization: Organization, email: str) -> None:
    """Mail to people who did not ask for it, in the site's name: narrow, by who, for whom and to whom."""
    ratelimit.enforce("organization-mail.recipient", email, on_error="deny")
    ratelimit.enforce("organization-mail.account", str(request.user.pk), on_error="deny")
    ratelimit.enforce("organization-mail.organization", str(organization.pk), on_error="deny")
