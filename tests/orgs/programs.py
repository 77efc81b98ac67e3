"""Programs in the hands of the cast, each with a credential that a flow made."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.api.scopes import ALL, OF_SERVICES
from accounts.models import User
from accounts.sign_in.allauth_compat import METHODS_KEY
from mfa.models import Authenticator
from orgs.actor import SHELL
from orgs.models import Organization
from tests.api import Program
from tests.tokens.conftest import HERE
from tokens.flows import families, keys, services
from tokens.models import ServiceAccount


def by_sign_in(user: User, scope: str = ALL, method: str = "password") -> Program:
    """As if they had just signed in, by both steps if they have two."""
    steps = [method, *(["totp"] if Authenticator.objects.filter(user=user).exists() else [])]
    proofs = [{"method": step, "at": timezone.now().timestamp()} for step in steps]
    state: dict[str, Any] = {METHODS_KEY: proofs, f"{METHODS_KEY}_user": str(user.pk)}
    return Program(families.begin(user=user, methods=[method], scope=scope, facts=HERE, state=state).access)


def by_key(user: User, *scopes: str) -> Program:
    ends = timezone.now() + timedelta(days=9)
    return Program(keys.create(user=user, name="Key", scopes=set(scopes), expires_at=ends, facts=HERE).text)


def service_of(organization: Organization, *scopes: str, name: str = "Import") -> tuple[ServiceAccount, str]:
    """With its secret."""
    given = set(scopes) or set(OF_SERVICES)
    made = services.create(organization=organization, name=name, scopes=given, by=SHELL)
    ends = timezone.now() + timedelta(days=90)
    return made, services.add_credential(service=made, expires_at=ends, by=SHELL).text


def by_service(organization: Organization, *scopes: str, name: str = "Import") -> Program:
    service, secret = service_of(organization, *scopes, name=name)
    program = Program()
    answer = ask_for_token(program, service, secret)
    assert answer.status_code == 200, answer.content
    return program


def ask_for_token(program: Program, service: ServiceAccount, secret: str, **more: str) -> Any:
    asked = {"client_id": str(service.public_id), "client_secret": secret, **more}
    return program.post("token", {"grant_type": "client_credentials", **asked})
