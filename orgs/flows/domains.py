"""Domains that an organization has proved to be its own: by a record in the DNS, or by the word of the operators."""

import re
import secrets

import dns.exception
import dns.resolver
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from dns.nameserver import Do53Nameserver

from accounts.addresses import canonical
from audit.actions import Action
from core.errors import Missing
from orgs.actor import Actor
from orgs.errors import DomainNotProved, DomainTaken, NoDomain
from orgs.flows.change import change, change_from_desk, record
from orgs.models import Domain, Organization
from orgs.permissions import Permission

NAME = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
# Where the record is looked for, below the domain: nobody's own records are in the way there.
LABEL = "_identity-challenge"
PREFIX = "identity-verification="
# Seconds, however many servers and tries.
PATIENCE = 3.0
# Mailboxes of everybody; nobody's own, whatever somebody manages to put into the DNS.
PUBLIC_MAIL = {
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "gmx.de",
}


def add(*, organization: Organization, name: str, by: Actor) -> Domain:
    spelled = _spelled(name)
    with change(organization, by=by, permission=Permission.SSO_MANAGE):
        domain, made = Domain.objects.of(organization).get_or_create(
            name=spelled, defaults={"organization": organization, "challenge": secrets.token_urlsafe(24)}
        )
        if made:
            record(Action.DOMAIN_ADD, organization, by, data={"domain": spelled})
    return domain


def vouch(*, organization: Organization, name: str, by: Actor) -> Domain:
    """By whoever runs the site, who knows whose it is."""
    spelled = _spelled(name)
    with change_from_desk(organization, by=by):
        domain, _made = Domain.objects.of(organization).get_or_create(
            name=spelled, defaults={"organization": organization, "challenge": secrets.token_urlsafe(24)}
        )
        _verify(domain, by, "operator")
    return domain


def check(*, domain: Domain, by: Actor) -> None:
    """Asks the DNS before anything is held: it may take its time."""
    if not _has_record(domain):
        raise DomainNotProved
    with change(domain.organization, by=by, permission=Permission.SSO_MANAGE):
        fresh = (
            Domain.objects.of(domain.organization).select_related("organization").filter(pk=domain.pk).first()
        )
        if fresh is None:
            raise Missing
        _verify(fresh, by, "dns")


def remove(*, domain: Domain, by: Actor) -> None:
    """From then on nobody's provider speaks for its addresses; who has come in by it already stays connected."""
    with change(domain.organization, by=by, permission=Permission.SSO_MANAGE):
        removed, _by_table = Domain.objects.of(domain.organization).filter(pk=domain.pk).delete()
        if removed:
            record(Action.DOMAIN_REMOVE, domain.organization, by, data={"domain": domain.name})


def record_name(domain: Domain) -> str:
    return f"{LABEL}.{domain.name}"


def record_value(domain: Domain) -> str:
    return f"{PREFIX}{domain.challenge}"


def _verify(domain: Domain, by: Actor, how: str) -> None:
    if domain.verified_at is not None:
        return
    domain.verified_at = timezone.now()
    try:
        with transaction.atomic():
            domain.save(update_fields=["verified_at"])
    except IntegrityError as error:
        raise DomainTaken from error
    record(Action.DOMAIN_VERIFY, domain.organization, by, data={"domain": domain.name, "by": how})


def _has_record(domain: Domain) -> bool:
    resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVERS)
    if settings.DNS_SERVERS:
        resolver.nameservers = [Do53Nameserver(address, port) for address, port in settings.DNS_SERVERS]
    resolver.lifetime = PATIENCE
    try:
        answer = resolver.resolve(record_name(domain), "TXT", search=False)
    except dns.exception.DNSException:
        return False
    return any(b"".join(row.strings).decode("ascii", "replace") == record_value(domain) for row in answer)


def _spelled(name: str) -> str:
    spelled = canonical(f"x@{name.strip().removeprefix('@').rstrip('.')}").removeprefix("x@")
    if not NAME.fullmatch(spelled):
        raise NoDomain(_("%(name)s is no domain, such as example.org.") % {"name": name[:100]})
    if spelled in PUBLIC_MAIL:
        raise NoDomain(_("%(name)s gives mailboxes to everybody.") % {"name": spelled})
    return spelled
