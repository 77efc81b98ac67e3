"""Giving and taking roles at the desk. Nobody gives what they do not hold, raises themselves, or leaves no owner."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from accounts.desk.errors import (
    AboveYourself,
    LastOwner,
    NameTaken,
    NotNow,
    NotYourReach,
    NotYourself,
    OfTheSite,
)
from accounts.flows import email, notices
from accounts.models import Role, RoleGrant, User
from accounts.pages import preferences
from accounts.roles import catalogue, organizations
from accounts.roles.authority import Given
from accounts.session import limits
from accounts.session.limits import Limits
from audit import log
from audit.actions import Action
from core.client import Facts
from core.desk.permissions import SitePermission


def give(
    *,
    user: User,
    role: Role,
    actor: User,
    facts: Facts | None,
    reason: str,
    organization: UUID | None = None,
    ends_at: datetime | None = None,
) -> RoleGrant:
    """Everywhere, or in one organization; for ever, or until a moment."""
    with transaction.atomic():
        actor, user = _fresh(actor, user)
        if actor.pk == user.pk:
            raise NotYourself
        if not _may_give(actor, user, role, organization, ends_at):
            raise AboveYourself
        if not user.is_active or (ends_at is not None and ends_at <= timezone.now()):
            raise NotNow
        if email.is_first_proof(user) or not Given(role.name, role.holds, organization).effective:
            # Nobody knows yet whose account it is; or the role would bring nothing but the looks of the desk.
            raise NotNow
        before = roles_in_words(user)
        end_of(user, RoleGrant.objects.filter(user=user, ends_at__lte=timezone.now()))
        try:
            with transaction.atomic():
                grant = RoleGrant.objects.create(
                    user=user,
                    role=role,
                    organization=organization,
                    ends_at=ends_at,
                    reason=reason,
                    given_by=actor,
                )
        except IntegrityError as error:
            raise NotNow from error
        _settle(user)
        _record(Action.SITE_ROLE_GIVE, user, before, actor, facts, role, organization, reason)
        _tell(user, "role_given", role, organization, ends_at)
    return grant


def take(*, grant: RoleGrant, actor: User, facts: Facts | None, reason: str = "") -> None:
    """Counts with the next request of whoever had it."""
    with transaction.atomic():
        actor, user = _fresh(actor, grant.user)
        if actor.pk != user.pk and not _may_give(actor, user, grant.role, grant.organization, None):
            raise AboveYourself
        before = roles_in_words(user)
        if not end_of(user, RoleGrant.objects.filter(pk=grant.pk)):
            raise NotNow
        _record(Action.SITE_ROLE_TAKE, user, before, actor, facts, grant.role, grant.organization, reason)
        _tell(user, "role_taken", grant.role, grant.organization, None)


def make_owner(*, user: User, actor: User, facts: Facts | None, reason: str) -> None:
    _own(user, actor, facts, reason, is_owner=True)


def unmake_owner(*, user: User, actor: User, facts: Facts | None, reason: str) -> None:
    _own(user, actor, facts, reason, is_owner=False)


def _own(user: User, actor: User, facts: Facts | None, reason: str, *, is_owner: bool) -> None:
    with transaction.atomic():
        owners, (actor, user) = with_owners(actor, user)
        if not actor.is_superuser:
            raise AboveYourself
        if not is_owner and owners == {user.pk}:
            raise LastOwner
        if user.is_superuser == is_owner or (is_owner and (not user.is_active or email.is_first_proof(user))):
            raise NotNow
        before = roles_in_words(user)
        user.is_superuser = is_owner
        user.save(update_fields=["is_superuser"])
        _settle(user)
        action = Action.SITE_ROLE_GIVE if is_owner else Action.SITE_ROLE_TAKE
        _record(action, user, before, actor, facts, None, None, reason)
        _tell(user, "role_given" if is_owner else "role_taken", catalogue.OWNER, None, None)


def end_due(limit: int = 100) -> int:
    """Those whose time is over: they stopped counting at that moment, and here it is written down."""
    due = RoleGrant.objects.filter(ended_at=None, ends_at__lte=timezone.now()).order_by("pk")[:limit]
    ended = 0
    for grant in due.select_related("user", "role"):
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=grant.user_id)
            if end_of(user, RoleGrant.objects.filter(pk=grant.pk)):
                _record(Action.SITE_ROLE_END, user, None, None, None, grant.role, grant.organization, "")
                ended += 1
    return ended


def create(*, name: str, permissions: Collection[SitePermission], actor: User, facts: Facts) -> Role:
    with transaction.atomic():
        (actor,) = _fresh(actor)
        _require_manager(actor, permissions)
        role = _saved(Role(name=name))
        role.permissions.set(catalogue.rows_of(permissions))
        _record_role(Action.SITE_ROLE_CREATE, role, actor, facts, {}, _content(role))
    return role


def edit(
    *, role: Role, name: str, permissions: Collection[SitePermission], actor: User, facts: Facts
) -> Role:
    """Counts with the next request of everybody who has it."""
    with transaction.atomic():
        (actor,) = _fresh(actor)
        role = _held(role)
        before = _content(role)
        _require_manager(actor, {*role.holds, *permissions})
        if role.is_built_in:
            raise OfTheSite
        role.name = name
        _saved(role).permissions.set(catalogue.rows_of(permissions))
        _record_role(Action.SITE_ROLE_CHANGE, role, actor, facts, before, _content(role))
        for user in User.objects.filter(role_grants__role=role, is_superuser=False).distinct():
            _settle(user)
    return role


def delete(*, role: Role, actor: User, facts: Facts) -> int:
    """Whoever had it has it no more; how many that were."""
    with transaction.atomic():
        (actor,) = _fresh(actor)
        role = _held(role)
        _require_manager(actor, role.holds)
        if role.is_built_in:
            raise OfTheSite
        holders = User.objects.filter(pk__in=RoleGrant.objects.live().filter(role=role).values("user"))
        had = list(holders.select_for_update().order_by("pk"))
        before = {user.pk: roles_in_words(user) for user in had}
        _record_role(Action.SITE_ROLE_DELETE, role, actor, facts, _content(role), {})
        # The rows of who had it go as well, so each of them has their evidence in the log.
        Role.objects.filter(pk=role.pk).delete()
        for user in had:
            _settle(user)
            _record(Action.SITE_ROLE_TAKE, user, before[user.pk], actor, facts, role, None, "")
            _tell(user, "role_taken", role, None, None)
    return len(had)


def with_owners(*people: User) -> tuple[set[int], list[User]]:
    """Who owns the site, and these people as they are now; all of them held until the transaction ends.

    So two owners cannot disable each other at once, or take ownership from each other.
    """
    named = Q(pk__in=[person.pk for person in people])
    held = User.objects.select_for_update().filter(Q(is_superuser=True) | named).order_by("pk")
    rows = {row.pk: row for row in held}
    owners = {row.pk for row in rows.values() if row.is_superuser and row.is_active}
    return owners, [rows[person.pk] for person in people]


def end_of(user: User, grants: "QuerySet[RoleGrant]") -> int:
    ended = grants.filter(user=user, ended_at=None).update(ended_at=timezone.now())
    if ended:
        _settle(user)
    return ended


def roles_in_words(user: User) -> list[str]:
    grants = RoleGrant.objects.live().filter(user=user).select_related("role").order_by("pk")
    given = [_with_place(grant.role.name, grant.organization) for grant in grants]
    return ["owner", *given] if user.is_superuser else given


def _with_place(role: str, organization: UUID | None) -> str:
    return f"{role} @ {organization}" if organization else role


def _may_give(actor: User, user: User, role: Role, organization: UUID | None, until: datetime | None) -> bool:
    if not actor.reach(SitePermission.ROLES_GIVE).everywhere:
        raise NotYourReach
    covers = actor.authority.covers(role.holds, organization=organization, until=until)
    return covers and actor.authority.stands_over(user.standing)


def _require_manager(actor: User, permissions: Iterable[SitePermission]) -> None:
    if not actor.reach(SitePermission.ROLES_MANAGE).everywhere:
        raise NotYourReach
    if not actor.authority.covers(permissions):
        raise AboveYourself


def _fresh(*people: User) -> list[User]:
    """As they are now, and held, always in the same order: what they may do must not change meanwhile."""
    rows = {
        row.pk: row
        for row in User.objects.select_for_update()
        .filter(pk__in=[person.pk for person in people])
        .order_by("pk")
    }
    return [rows[person.pk] for person in people]


def _held(role: Role) -> Role:
    return cast(Role, Role.objects.select_for_update().get(pk=role.pk))


def _settle(user: User) -> None:
    """Whoever has a role works at the desk, with its shorter sessions, from the next request on."""
    is_staff = user.is_superuser or RoleGrant.objects.live().filter(user=user).exists()
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])
    if is_staff:
        limits.shorten(
            User.objects.filter(pk=user.pk),
            Limits(settings.STAFF_SESSION_IDLE_TIMEOUT, settings.STAFF_SESSION_ABSOLUTE_TIMEOUT),
        )


def _saved(role: Role) -> Role:
    try:
        with transaction.atomic():
            role.save()
    except IntegrityError as error:
        raise NameTaken from error
    return role


def _content(role: Role) -> dict[str, object]:
    return {"name": role.name, "permissions": sorted(permission.value for permission in role.holds)}


def _record(
    action: Action,
    user: User,
    before: list[str] | None,
    actor: User | None,
    facts: Facts | None,
    role: Role | None,
    organization: UUID | None,
    reason: str,
) -> None:
    log.record(
        action,
        actor=actor.public_id if actor else None,
        person=user.public_id,
        organization=organization,
        facts=facts,
        data={"role": role.name if role else "owner"},
        before=None if before is None else {"roles": before},
        after=None if before is None else {"roles": roles_in_words(user)},
        personal={"reason": reason} if reason else None,
    )


def _record_role(
    action: Action, role: Role, actor: User, facts: Facts, before: dict[str, object], after: dict[str, object]
) -> None:
    log.record(
        action,
        actor=actor.public_id,
        target=("role", str(role.pk)),
        facts=facts,
        before=before,
        after=after,
    )


def _tell(
    user: User, message: str, role: Role | Promise, organization: UUID | None, ends_at: datetime | None
) -> None:
    """Role and time are spelled where the mail is: in the language and by the clock of its reader."""
    with preferences.of_the_site():
        context = {
            "at": timezone.now(),
            "role": role,
            "organization": organizations.name(organization) if organization else "",
            "until": ends_at,
        }
        notices.tell(user, message, context=context)
