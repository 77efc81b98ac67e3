"""Setting up an organization's own sign-in, and changing it: one way for pages, the admin's desk and the command."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Session, User
from audit.actions import Action
from core import digests
from core.errors import BadInput, Missing
from core.site import absolute
from orgs import ways
from orgs.actor import Actor
from orgs.authority import Authority
from orgs.errors import AboveYourself, Conflict, NotYours, WouldLockOwnersOut
from orgs.flows import notices
from orgs.flows.change import change, record
from orgs.models import Organization, Policy, Role, Team
from orgs.permissions import BuiltIn, Permission
from sso.enterprise import standing
from sso.enterprise.mapping import FIELDS
from sso.models import (
    Connection,
    GroupRule,
    IdpCertificate,
    ParkedAssertion,
    Rank,
    ServiceKey,
    Visit,
)
from sso.openid import provider as openid
from sso.saml import keys, metadata
from sso.saml.metadata import MetadataRefused, Provider
from sso.social import web
from sso.social.errors import ProviderDown

# What whoever sets it up chooses; everything else follows from the provider's metadata.
# Of either kind of provider, and of SAML alone.
COMMON_CHOICES = ("name", "is_active", "creates_people", "mapping", "trusted_contexts")
CHOICES = (
    *COMMON_CHOICES,
    "signs_requests",
    "name_id_format",
    "requested_contexts",
    "force_authn",
    "allow_idp_initiated",
)
# Columns, and what the provider's metadata calls them.
FROM_METADATA = {
    "idp_entity_id": "entity_id",
    "sso_url": "sso_url",
    "sso_binding": "sso_binding",
    "slo_url": "slo_url",
    "slo_response_url": "slo_response_url",
    "slo_binding": "slo_binding",
}
# What decides whom it believes, and what it believes of them.
DECISIVE = frozenset(
    {
        *FROM_METADATA,
        "metadata_url",
        "certificates",
        "issuer",
        "client_id",
        "client_secret",
        "mapping",
        "trusted_contexts",
        "name_id_format",
        "legacy",
        "legacy_until",
    }
)
LONGEST_LEGACY = timedelta(days=180)
HOW_LONG = _("Say until when, no longer than half a year from now.")


class SlugTaken(Conflict):
    code = "slug_taken"
    detail = _("This short name is taken.")


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"
    detail = _("Somebody has changed it since you opened the page. Look at it once more.")


@dataclass(frozen=True)
class Brings:
    """What a group brings: exactly one of these."""

    built_in: str = ""
    role: Role | None = None
    team: Team | None = None


def create(
    *, organization: Organization, slug: str, name: str, by: Actor, kind: str = Connection.Kind.SAML
) -> Connection:
    """With keys and addresses of its own, before anything is known of the provider: it asks for them first."""
    with change(organization, by=by, permission=Permission.SSO_MANAGE) as held:
        rank = standing.of_actor(held, by)
        connection = Connection(organization=organization, slug=slug, name=name, kind=kind, opens_up_to=rank)
        if connection.is_saml:
            connection.entity_id = absolute(reverse("sso-saml:metadata", args=[slug]))
        try:
            with transaction.atomic():
                connection.save()
        except IntegrityError as error:
            raise SlugTaken from error
        if connection.is_saml:
            keys.make(connection)
        _note(Action.SSO_CREATE, connection, by, after={"slug": slug, "name": name, "kind": kind})
    return connection


def believe(*, connection: Connection, provider: Provider, by: Actor, url: str = "") -> None:
    """What the provider's metadata says holds from now on, its certificates instead of those before."""
    with _changing(connection, by) as (fresh, held):
        before = _content(fresh)
        for column, name in FROM_METADATA.items():
            setattr(fresh, column, getattr(provider, name))
        if provider.wants_signed_requests:
            fresh.signs_requests = True
        if url != fresh.metadata_url:
            fresh.metadata_by_operator = by.is_operator
        fresh.metadata_url = url
        fresh.metadata_read_at = timezone.now()
        fresh.save()
        _set_certificates(fresh, provider.certificates)
        _note_change(fresh, held, by, before)


def edit(*, connection: Connection, by: Actor, **chosen: Any) -> bool:
    """What is not chosen stays. Whether anything is different now; switched off, its sessions end."""
    with _changing(connection, by) as (fresh, held):
        before = _content(fresh)
        for name in CHOICES:
            setattr(fresh, name, chosen.get(name, getattr(fresh, name)))
        unknown = set(fresh.mapping) - set(FIELDS)
        if unknown:
            raise BadInput(_("There is no such field: %(name)s.") % {"name": min(unknown)})
        if _content(fresh) == before:
            return False
        fresh.save(update_fields=CHOICES)
        if before["is_active"] and not fresh.is_active:
            end_sessions(fresh)
        _note_change(fresh, held, by, before)
    return True


def check_openid(*, connection: Connection, issuer: str, client_id: str, by_operator: bool) -> None:
    """Asks the provider what it says about itself; an issuer that does not answer is none."""
    metadata.checked_address(issuer)
    if not by_operator and not _is_public(issuer):
        raise MetadataRefused(_("This address is not one of the public internet."))
    tried = Connection(slug=connection.slug, issuer=issuer, client_id=client_id)
    try:
        openid.discovered(tried)
    except ProviderDown as error:
        raise MetadataRefused(
            _("%(issuer)s does not describe itself as an OpenID provider should (%(reason)s).")
            % {"issuer": issuer, "reason": error.reason}
        ) from error


def set_openid(*, connection: Connection, issuer: str, client_id: str, client_secret: str, by: Actor) -> None:
    check_openid(connection=connection, issuer=issuer, client_id=client_id, by_operator=by.is_operator)
    with _changing(connection, by) as (fresh, held):
        before = _content(fresh)
        is_new_secret = bool(client_secret) and client_secret != fresh.client_secret
        fresh.issuer, fresh.client_id = issuer, client_id
        if client_secret:
            fresh.client_secret = client_secret
        fresh.save(update_fields=["issuer", "client_id", "client_secret"])
        # The secret itself is nobody's to read: only that it is another one.
        _note_change(fresh, held, by, {**before, "client_secret": "another"} if is_new_secret else before)


def allow_legacy(
    *, connection: Connection, legacy: Collection[str], until: datetime | None, by: Actor
) -> None:
    """Outdated methods, by the operators alone, and for a stated time."""
    if not by.is_operator:
        raise NotYours
    if legacy and not may_last(until):
        raise BadInput(HOW_LONG)
    with _changing(connection, by) as (fresh, held):
        before = _content(fresh)
        fresh.legacy, fresh.legacy_until = sorted(legacy), until if legacy else None
        fresh.save(update_fields=["legacy", "legacy_until"])
        _note_change(fresh, held, by, before)


def may_last(until: datetime | None) -> bool:
    return until is not None and timezone.now() < until <= timezone.now() + LONGEST_LEGACY


def confirm(*, connection: Connection, by: Actor, seen: str) -> bool:
    """Whoever has looked at it stands behind it: from now on it opens the accounts that they may answer for.

    `seen` is the version that they had been shown.
    """
    with _changing(connection, by) as (fresh, held):
        if seen != version(fresh):
            raise ChangedMeanwhile
        rank = standing.of_actor(held, by)
        if rank <= fresh.opens_up_to:
            return False
        before = _content(fresh)
        # What was said under the former settings must not arrive under the word of somebody else.
        ParkedAssertion.objects.filter(connection=fresh).delete()
        _set_rank(fresh, rank)
        _note(Action.SSO_CHANGE, fresh, by, before=before, after=_content(fresh))
    return True


def version(connection: Connection) -> str:
    """Changes with everything that decides whom it believes, and what it believes of them."""
    decisive = {name: value for name, value in _content(connection).items() if name in DECISIVE}
    secret = connection.client_secret or ""
    return digests.of_token(json.dumps([decisive, digests.of_token(secret)], sort_keys=True))


def roll_key(*, connection: Connection, by: Actor) -> ServiceKey:
    """The next key stands in our metadata at once, and signs after keys.AHEAD."""
    with _changing(connection, by) as (fresh, held):
        before = _content(fresh)
        key = keys.roll(fresh)
        _note_change(fresh, held, by, before)
    return key


def add_group(*, connection: Connection, group: str, brings: Brings, by: Actor) -> GroupRule:
    """Nobody gives by a group what they could not give by hand."""
    organization = connection.organization
    with change(organization, by=by, permission=Permission.SSO_MANAGE) as held:
        _check_gift(held, brings)
        rule, is_new = GroupRule.across_organizations.get_or_create(
            organization=organization,
            connection=connection,
            group=group,
            built_in=brings.built_in,
            role=brings.role,
            team=brings.team,
        )
        if not is_new:
            return rule
        data = {"slug": connection.slug, "group": group, "brings": _named(brings)}
        record(Action.SSO_CHANGE, organization, by, target=_target(connection), data=data)
    return rule


def remove_group(*, rule: GroupRule, by: Actor) -> None:
    connection = rule.connection
    with change(connection.organization, by=by, permission=Permission.SSO_MANAGE):
        if GroupRule.objects.of(connection.organization).filter(pk=rule.pk).delete()[0]:
            data = {"slug": connection.slug, "group": rule.group, "removed": True}
            record(Action.SSO_CHANGE, connection.organization, by, target=_target(connection), data=data)


def remove(*, connection: Connection, by: Actor) -> None:
    """Whoever came in by it is out at once, and keeps the account; there may be other ways to sign in to it."""
    organization = connection.organization
    with _changing(connection, by) as (fresh, _held):
        end_sessions(fresh)
        SocialAccount.objects.filter(provider=fresh.account_provider).delete()
        _note(Action.SSO_DELETE, fresh, by, before=_content(fresh))
        Connection.objects.of(organization).filter(pk=fresh.pk).delete()


def end_sessions(connection: Connection) -> int:
    visits = Visit.objects.filter(connection=connection)
    ended, _by_table = Session.objects.filter(origin__in=visits.values("origin")).delete()
    visits.delete()
    return ended


@contextmanager
def _changing(connection: Connection, by: Actor) -> Iterator[tuple[Connection, Authority]]:
    """Holds the organization, and reads the connection as it is by then; with what the actor may do."""
    organization = connection.organization
    with change(organization, by=by, permission=Permission.SSO_MANAGE) as held:
        rows = Connection.objects.of(organization).select_related("organization")
        fresh = rows.filter(pk=connection.pk).first()
        if fresh is None:
            raise Missing
        if by.is_operator:
            yield fresh, held
            return
        shut_out = _owners_shut_out(organization)
        yield fresh, held
        if more := _owners_shut_out(organization) - shut_out:
            raise WouldLockOwnersOut(len(more))


def _owners_shut_out(organization: Organization) -> set[User]:
    """By the rules, as things are at this moment."""
    return ways.owners_without(organization, Policy.objects.of(organization).get().ways)


def _set_rank(connection: Connection, rank: Rank) -> None:
    connection.opens_up_to = rank
    Connection.objects.of(connection.organization).filter(pk=connection.pk).update(opens_up_to=rank)


def _set_certificates(connection: Connection, certificates: list[str]) -> None:
    rows = {row.fingerprint: row for row in (keys.certificate(connection, text) for text in certificates)}
    IdpCertificate.objects.filter(connection=connection).exclude(fingerprint__in=rows).delete()
    IdpCertificate.objects.bulk_create(rows.values(), ignore_conflicts=True)
    Connection.objects.of(connection.organization).filter(pk=connection.pk).update(warned_for=None)


def _check_gift(held: Authority, brings: Brings) -> None:
    if brings.built_in and not held.may_give(BuiltIn(brings.built_in)):
        raise AboveYourself
    if brings.role is not None and not held.covers(brings.role.permissions):
        raise AboveYourself
    if brings.team is not None and not held.may_give_team(brings.team):
        raise AboveYourself


def _is_public(address: str) -> bool:
    try:
        return web.is_safe_endpoint(address, "https://")
    except ProviderDown:
        return False


def _named(brings: Brings) -> str:
    return brings.built_in or str(brings.role or brings.team)


def _target(connection: Connection) -> tuple[str, str]:
    return "organization-sso", str(connection.public_id)


def _content(connection: Connection) -> dict[str, object]:
    certificates = IdpCertificate.objects.filter(connection=connection).values_list("fingerprint", flat=True)
    own = ServiceKey.objects.filter(connection=connection).count()
    until = connection.legacy_until
    return {
        **{name: getattr(connection, name) for name in (*CHOICES, *FROM_METADATA, "metadata_url", "legacy")},
        "issuer": connection.issuer,
        "client_id": connection.client_id,
        "legacy_until": until.isoformat() if until else None,
        "certificates": sorted(certificates),
        "own_keys": own,
        "opens_up_to": int(connection.opens_up_to),
    }


def _note_change(connection: Connection, held: Authority, by: Actor, before: dict[str, object]) -> None:
    """Where it believes somebody else from now on, it goes no further than whoever has said so."""
    after = _content(connection)
    if any(before.get(name) != after.get(name) for name in DECISIVE):
        rank = standing.of_actor(held, by)
        if rank < connection.opens_up_to:
            _set_rank(connection, rank)
            after = _content(connection)
    if before != after:
        _note(Action.SSO_CHANGE, connection, by, before=before, after=after)


def _note(action: Action, connection: Connection, by: Actor, **changes: dict[str, object]) -> None:
    """Owners hear of it: whoever changes this decides who signs in as whom."""
    organization, to_confirm = connection.organization, connection.opens_up_to < Rank.OWNER
    record(action, organization, by, target=_target(connection), data={"slug": connection.slug}, **changes)
    for owner in notices.owners_of(organization):
        if owner != by.user:
            notices.tell(
                owner, "organization_sso_changed", organization=organization, by=by, to_confirm=to_confirm
            )
