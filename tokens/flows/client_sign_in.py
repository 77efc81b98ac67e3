"""A service account proves who it is, and gets one short token (RFC 6749, § 4.4).

Whatever is not good gets the same answer after the same look-ups: an unknown account, a wrong secret, an end, a
disabled account, a suspended organization. Failures are counted per account, and never keep out whoever brings what is
right: nobody guesses 238 bits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.api.scopes import Credential, given, spelled
from audit import log
from audit.actions import Action, Outcome
from core import digests, ratelimit
from core.client import Facts
from core.site import absolute
from orgs.models import Organization
from tokens import jwt
from tokens.errors import ClientRefused, InvalidScope
from tokens.models import ServiceAccount, ServiceCredential, UsedAssertion

NOBODY = UUID(int=0)
USES_SEEN_WITHIN = timedelta(minutes=1)
# Of RFC 8037, appendix A.2. What somebody unknown has signed is checked with it, for as long as it takes.
KEY_OF_NOBODY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@dataclass(frozen=True)
class Issued:
    access: str
    scope: str


def audiences() -> list[str]:
    """What an assertion may call us."""
    return [settings.BASE_URL, absolute("/api/auth/token")]


def by_secret(*, client_id: str, secret: str, scope: str, facts: Facts) -> Issued:
    return _issue(_with_secret(client_id, secret, facts), scope, facts)


def recognized(*, client_id: str, secret: str, facts: Facts) -> ServiceCredential:
    """For one request, without a token: what asks at every request of others would ask for one each time."""
    credential, now = _with_secret(client_id, secret, facts), timezone.now()
    if credential.last_used_at is None or now - credential.last_used_at > USES_SEEN_WITHIN:
        with transaction.atomic():
            _note_use(credential, facts, now)
    return credential


def _with_secret(client_id: str, secret: str, facts: Facts) -> ServiceCredential:
    service = _find(client_id)
    rows = _credentials(service).filter(kind=ServiceCredential.Kind.SECRET)
    credential = rows.filter(digest=digests.of_token(secret)).first()
    return _proved(service, credential, client_id, facts)


def by_assertion(*, assertion: str, client_id: str, scope: str, facts: Facts) -> Issued:
    """Signed with a key of theirs. `client_id` may be empty; otherwise the assertion has to be of the same account."""
    issuer = jwt.assertion_issuer(assertion)
    service = _find(issuer if client_id in ("", issuer) else "")
    rows = list(_credentials(service).filter(kind=ServiceCredential.Kind.KEY))
    credential, claims = _signed_with(assertion, rows, issuer)
    credential = _proved(service, credential, issuer, facts)
    if not _spend(credential, claims):
        _refuse(service, issuer, facts, reason="replay")
    return _issue(credential, scope, facts)


def _find(client_id: str) -> ServiceAccount | None:
    try:
        public_id = UUID(client_id)
    except ValueError:
        public_id = NOBODY
    # By its own name, which is how it is found before anybody knows where it belongs.
    rows = ServiceAccount.across_organizations.select_related("organization")
    return rows.filter(public_id=public_id).first()


def _credentials(service: ServiceAccount | None) -> Any:
    rows = ServiceCredential.across_organizations.filter(service_id=service.pk if service else 0)
    return rows.filter(ended_at=None, expires_at__gt=timezone.now()).select_related("service__organization")


def _signed_with(
    assertion: str, rows: Iterable[ServiceCredential], issuer: str
) -> tuple[ServiceCredential | None, dict[str, Any]]:
    known: list[tuple[ServiceCredential | None, Any]] = [(row, row.public_jwk) for row in rows]
    for row, jwk in known or [(None, KEY_OF_NOBODY)]:
        try:
            claims = jwt.read_assertion(assertion, jwk=jwk, issuer=issuer, audiences=audiences())
        except jwt.Refused:
            continue
        return row, claims
    return None, {}


def _proved(
    service: ServiceAccount | None, credential: ServiceCredential | None, client_id: str, facts: Facts
) -> ServiceCredential:
    if service is None:
        _refuse(None, client_id, facts, reason="unknown")
    if credential is None:
        _refuse(service, client_id, facts, reason="credential")
    if service.disabled_at is not None:
        _refuse(service, client_id, facts, reason="disabled")
    if not service.organization.is_active:
        _refuse(service, client_id, facts, reason=service.organization.status)
    return credential


def _spend(credential: ServiceCredential, claims: dict[str, Any]) -> bool:
    """For the first of those who bring it. The row stays until the assertion could not be used anyway."""
    over = datetime.fromtimestamp(int(claims["exp"]), UTC) + jwt.LEEWAY
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(
                service_id=credential.service_id, digest=digests.of_token(claims["jti"]), expires_at=over
            )
    except IntegrityError:
        return False
    return True


def _issue(credential: ServiceCredential, scope: str, facts: Facts) -> Issued:
    service, now = credential.service, timezone.now()
    allowed = given(service.scope, Credential.SERVICE)
    asked = frozenset(scope.split()) or allowed
    if not asked <= allowed:
        raise InvalidScope
    with transaction.atomic():
        _note_use(credential, facts, now)
        log.record(
            Action.SERVICE_SIGN_IN,
            service=service.public_id,
            organization=service.organization.public_id,
            target=("service-credential", str(credential.public_id)),
            facts=facts,
            data={"kind": credential.kind, "scope": spelled(asked)},
        )
    client_id = str(service.public_id)
    access = jwt.issue(
        subject=service.public_id, sid=credential.public_id, scope=spelled(asked), client_id=client_id
    )
    return Issued(access, spelled(asked))


def _note_use(credential: ServiceCredential, facts: Facts, now: datetime) -> None:
    service = credential.service
    here = service.organization
    ServiceCredential.objects.of(here).filter(pk=credential.pk).update(last_used_at=now)
    ServiceAccount.objects.of(here).filter(pk=service.pk).update(
        last_used_at=now, last_used_from=facts.address
    )


def _refuse(service: ServiceAccount | None, client_id: str, facts: Facts, *, reason: str) -> NoReturn:
    if ratelimit.leaves_evidence(facts.address):
        organization: Organization | None = service.organization if service else None
        log.record(
            Action.SERVICE_REFUSE,
            organization=organization.public_id if organization else None,
            target=("service-account", str(service.public_id)) if service else None,
            outcome=Outcome.REFUSED,
            facts=facts,
            data={"reason": reason},
            by_stranger=True,
        )
    ratelimit.enforce("client.account", _spelled(client_id), on_error="deny")
    raise ClientRefused


def _spelled(client_id: str) -> str:
    """The same id can be written in many ways, which are one to count."""
    try:
        return str(UUID(client_id))
    except ValueError:
        return client_id
