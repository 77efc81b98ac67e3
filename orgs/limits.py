"""How often organizations may make the site do something; the numbers stand in settings.RATE_LIMITS."""

from core import ratelimit
from orgs.actor import Actor
from orgs.models import Organization


def before_new(by: Actor) -> None:
    ratelimit.enforce("organization-new.account", by.key, on_error="deny")


def before_invitation(by: Actor, organization: Organization, email: str) -> None:
    """Mail to people who did not ask for it, in the site's name: narrow, by who, for whom and to whom."""
    ratelimit.enforce("organization-mail.recipient", email, on_error="deny")
    ratelimit.enforce("organization-mail.account", by.key, on_error="deny")
    ratelimit.enforce("organization-mail.organization", str(organization.pk), on_error="deny")


def before_claim(organization: Organization, email: str) -> None:
    """The same for whoever has a link, and no account yet to be counted under."""
    ratelimit.enforce("organization-mail.recipient", email, on_error="deny")
    ratelimit.enforce("organization-mail.organization", str(organization.pk), on_error="deny")
