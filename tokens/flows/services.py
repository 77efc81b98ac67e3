"""Service accounts and their credentials: made and ended by people of the organization, who give nothing they lack.

A secret is shown once and known by its digest; of a key only the public half is ever here.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.api.scopes import Credential, given, spelled
from audit import log
from audit.actions import Action
from core import digests
from core.client import Facts
from core.errors import Missing
from orgs.actor import Actor
from orgs.authority import Authority
from orgs.errors import AboveYourself, NameTaken
from orgs.flows import notices
from orgs.flows.change import change, record
from orgs.models import Organization
from orgs.permissions import EVERYTHING, Permission
from tokens import thumbprint
from tokens.errors import CredentialLimit, ServiceLimit
from tokens.flows import keys, reminders
from tokens.models import ServiceAccount, ServiceCredential

PREFIX = "ids_"
SERVICES_AT_MOST = 100
# So that one can take the place of the other.
CREDENTIALS_AT_MOST = 2
LONGEST_GRACE = timedelta(days=1)

Kind, End = ServiceCredential.Kind, ServiceCredential.End


@dataclass(frozen=True)
class Made:
    """`text` is the secret, if it is one, which nobody can see again."""

    credential: ServiceCredential
    text: str = ""


def of(organization: Organization) -> QuerySet[ServiceAccount]:
    rows = ServiceAccount.objects.of(organization).select_related("organization", "created_by")
    return rows.order_by("name", "pk")


def find(organization: Organization, public_id: UUID) -> ServiceAccount:
    found = of(organization).filter(public_id=public_id).first()
    if found is None:
        raise Missing
    return found


def find_credential(service: ServiceAccount, public_id: UUID) -> ServiceCredential:
    rows = credentials_of(service).select_related("service__organization")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Missing
    return found


def credentials_of(service: ServiceAccount) -> QuerySet[ServiceCredential]:
    """Those that open something."""
    rows = ServiceCredential.objects.of(service.organization).filter(service=service)
    return rows.filter(ended_at=None, expires_at__gt=timezone.now()).order_by("created_at", "pk")


def names(organization: Organization) -> dict[UUID, str]:
    return dict(ServiceAccount.objects.of(organization).values_list("public_id", "name"))


def scopes_of(organization: Organization, among: Collection[UUID]) -> dict[UUID, frozenset[str] | None]:
    """None of one that is disabled."""
    rows = ServiceAccount.objects.of(organization).filter(public_id__in=among)
    return {row.public_id: None if row.disabled_at else _scopes(row) for row in rows}


def create(*, organization: Organization, name: str, scopes: set[str], by: Actor) -> ServiceAccount:
    with change(organization, by=by, permission=Permission.SERVICES_MANAGE) as held:
        _check_gift(held, scopes)
        if of(organization).count() >= SERVICES_AT_MOST:
            raise ServiceLimit
        service = ServiceAccount(
            organization=organization, name=name, scope=spelled(scopes), created_by=by.user
        )
        _save(service)
        _record(Action.SERVICE_CREATE, service, by, after=_content(service))
        _tell(service, "service_account_made", by)
    return service


def edit(
    *, service: ServiceAccount, name: str | None = None, scopes: set[str] | None = None, by: Actor
) -> None:
    """What is not given stays. Fewer scopes count at once, more of them in tokens made from then on."""
    with change(service.organization, by=by, permission=Permission.SERVICES_MANAGE) as held:
        fresh = _fresh(service)
        before = _content(fresh)
        if scopes is not None:
            _check_gift(held, scopes - _scopes(fresh))
            fresh.scope = spelled(scopes)
        fresh.name = fresh.name if name is None else name
        _save(fresh)
        if before != _content(fresh):
            _record(Action.SERVICE_CHANGE, fresh, by, before=before, after=_content(fresh))


def disable(*, service: ServiceAccount, by: Actor) -> bool:
    """Opens nothing with its next request; `enable` gives everything back."""
    with change(service.organization, by=by, permission=Permission.SERVICES_MANAGE):
        rows = ServiceAccount.objects.of(service.organization).filter(pk=_fresh(service).pk)
        done = rows.filter(disabled_at=None).update(disabled_at=timezone.now())
        if done:
            _record(Action.SERVICE_DISABLE, service, by)
    return bool(done)


def enable(*, service: ServiceAccount, by: Actor) -> bool:
    with change(service.organization, by=by, permission=Permission.SERVICES_MANAGE) as held:
        fresh = _fresh(service)
        _check_gift(held, _scopes(fresh))
        rows = ServiceAccount.objects.of(service.organization).filter(pk=fresh.pk)
        done = rows.exclude(disabled_at=None).update(disabled_at=None)
        if done:
            _record(Action.SERVICE_ENABLE, service, by)
    return bool(done)


def delete(*, service: ServiceAccount, by: Actor) -> None:
    """With its credentials, and every token that it got by them."""
    with change(service.organization, by=by, permission=Permission.SERVICES_MANAGE):
        fresh = _fresh(service)
        _record(Action.SERVICE_DELETE, fresh, by, before=_content(fresh))
        fresh.delete()


def add_credential(
    *, service: ServiceAccount, expires_at: datetime, by: Actor, public_jwk: Mapping[str, Any] | None = None
) -> Made:
    """A secret of ours, unless there is a public key of theirs. Whoever makes it can act as the service account."""
    with change(service.organization, by=by, permission=Permission.SERVICES_MANAGE) as held:
        fresh = _fresh(service)
        _check_gift(held, _scopes(fresh))
        if credentials_of(fresh).count() >= CREDENTIALS_AT_MOST:
            raise CredentialLimit
        text = keys.new_text(PREFIX) if public_jwk is None else ""
        row = ServiceCredential(organization=fresh.organization, service=fresh, expires_at=expires_at)
        if public_jwk is None:
            row.kind, row.hint, row.digest = Kind.SECRET, text[: keys.HINT], digests.of_token(text)
        else:
            row.kind, row.hint = Kind.KEY, thumbprint.of(public_jwk)[: keys.HINT]
            row.public_jwk = dict(public_jwk)
        row.save(force_insert=True)
        _record_credential(Action.CREDENTIAL_CREATE, row, by, kind=row.kind)
        _tell(fresh, "service_credential_made", by, ends=expires_at)
    return Made(row, text)


def end_credential(*, credential: ServiceCredential, by: Actor, grace: timedelta = timedelta()) -> None:
    """At once, or after `grace`, in which whatever uses it can change over to another. An end only comes nearer."""
    service = credential.service
    with change(service.organization, by=by, permission=Permission.SERVICES_MANAGE):
        rows, now = credentials_of(service).filter(pk=credential.pk), timezone.now()
        fresh = rows.first()
        if fresh is None:
            raise Missing
        if grace:
            rows.update(expires_at=min(fresh.expires_at, now + grace), end=End.ENDED)
        else:
            rows.update(ended_at=now, end=End.ENDED)
        _record_credential(Action.CREDENTIAL_END, fresh, by, grace=int(grace.total_seconds()))


def report(*, text: str, facts: Facts) -> bool:
    """By whoever found it: holding it is proof enough that it has leaked. It dies at once, and the owners are told."""
    if not keys.is_well_formed(text, PREFIX):
        return False
    with transaction.atomic():
        rows = ServiceCredential.across_organizations.select_for_update(of=("self",))
        found = rows.select_related("service__organization").filter(
            digest=digests.of_token(text), ended_at=None
        )
        credential = found.first()
        if credential is None:
            return False
        credential.ended_at, credential.end = timezone.now(), End.REPORTED
        credential.save(update_fields=["ended_at", "end"])
        log.record(
            Action.CREDENTIAL_REPORT,
            organization=credential.service.organization.public_id,
            target=("service-credential", str(credential.public_id)),
            facts=facts,
            personal={"service": credential.service.name},
            by_stranger=True,
        )
        _tell(credential.service, "service_credential_reported", Actor(None))
    return True


def warn() -> int:
    """Tells owners of credentials that end soon, of those that could be in use."""
    return reminders.send(
        ServiceCredential.across_organizations.select_related("service__organization").filter(
            service__disabled_at=None, organization__status=Organization.Status.ACTIVE
        ),
        lambda credential: _tell(
            credential.service, "service_credential_ends", Actor(None), ends=credential.expires_at
        ),
    )


def _check_gift(held: Authority, scopes: Iterable[str]) -> None:
    """What is no permission, nobody holds: asking about tokens, whose use the site's operators decide, or decisions."""
    if not held.covers(EVERYTHING.intersection(scopes)):
        raise AboveYourself


def _fresh(service: ServiceAccount) -> ServiceAccount:
    """As it is now that the organization is held."""
    return find(service.organization, service.public_id)


def _scopes(service: ServiceAccount) -> frozenset[str]:
    return given(service.scope, Credential.SERVICE)


def _save(service: ServiceAccount) -> None:
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError as error:
        raise NameTaken from error


def _content(service: ServiceAccount) -> dict[str, object]:
    return {"name": service.name, "scopes": service.scope.split()}


def _record(action: Action, service: ServiceAccount, by: Actor, **more: Any) -> None:
    target, about = ("service-account", str(service.public_id)), {"service": service.name}
    record(action, service.organization, by, target=target, personal=about, **more)


def _record_credential(action: Action, row: ServiceCredential, by: Actor, **data: object) -> None:
    target, about = ("service-credential", str(row.public_id)), {"service": row.service.name}
    record(action, row.service.organization, by, target=target, personal=about, data=data)


def _tell(service: ServiceAccount, message: str, by: Actor, **context: Any) -> None:
    organization = service.organization
    for owner in notices.owners_of(organization):
        notices.tell(owner, message, organization=organization, by=by, service=service.name, **context)
