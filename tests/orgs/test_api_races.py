"""Two programs at once, or one while its rights go, over real connections."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.api.scopes import Scope
from accounts.models import User
from orgs.actor import SHELL, Actor
from orgs.flows import members
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn
from tests.api import Program
from tests.orgs.programs import by_service, by_sign_in, service_of
from tests.orgs.test_races import of
from tests.security.test_races import at_once
from tests.tokens.assertions import Pair
from tests.tokens.test_services_token import bring, registered
from tokens.flows import services
from tokens.models import ServiceAccount, ServiceCredential

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def status(answer: Any) -> int:
    return int(answer.status_code)


def test_one_assertion_gets_one_token(acme: Organization) -> None:
    service, _secret = service_of(acme, Scope.MEMBERS_VIEW)
    pair = registered(service, Pair())
    for _ in range(ROUNDS):
        assertion = pair.signed(service.public_id)
        found = at_once(*[lambda assertion=assertion: status(bring(assertion))] * 4)
        assert sorted(found) == [200, 401, 401, 401]


def test_two_credentials_are_the_most_whoever_comes_first(acme: Organization, alice: User) -> None:
    service = services.create(organization=acme, name="Import", scopes={"members.view"}, by=SHELL)
    path = f"orgs/acme/service-accounts/{service.public_id}/credentials"
    programs = [by_sign_in(alice) for _ in range(4)]
    found = at_once(
        *[lambda program=program: status(program.post(path, {"kind": "secret"})) for program in programs]
    )
    assert sorted(found) == [201, 201, 409, 409]
    assert services.credentials_of(service).count() == 2


def test_who_loses_a_role_while_using_it_is_refused(
    acme: Organization, ada: User, bobs: Membership, by_alice: Actor
) -> None:
    program, path = by_sign_in(ada), f"orgs/acme/members/{bobs.user.public_id}/pause"
    for _ in range(ROUNDS):
        Membership.objects.of(acme).filter(user=ada).update(role=BuiltIn.ADMIN)
        Membership.objects.of(acme).filter(pk=bobs.pk).update(paused_at=None)
        demoted, paused = at_once(
            lambda: members.change_role(
                membership=of(ada, acme), role=BuiltIn.MEMBER, own_roles=[], by=by_alice
            ),
            lambda: status(program.post(path)),
        )
        assert demoted is True
        assert paused in (200, 403)
        is_paused = Membership.objects.of(acme).get(pk=bobs.pk).paused_at is not None
        assert is_paused is (paused == 200)


@pytest.mark.parametrize("end", ["disabled", "lessened", "ended"])
def test_a_service_account_is_asked_once_more_at_the_moment_of_the_change(
    acme: Organization, bobs: Membership, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its request was let in; until it holds the organization, somebody else has ended it."""
    program = by_service(acme)
    pause = members.pause

    def late(**given: Any) -> bool:
        ServiceCredential.across_organizations.update(ended_at=timezone.now() if end == "ended" else None)
        ServiceAccount.across_organizations.update(
            disabled_at=timezone.now() if end == "disabled" else None,
            scope="members.view" if end == "lessened" else "members.manage",
        )
        return pause(**given)

    monkeypatch.setattr(members, "pause", late)
    assert status(program.post(f"orgs/acme/members/{bobs.user.public_id}/pause")) == 403
    assert Membership.objects.of(acme).get(pk=bobs.pk).paused_at is None


def test_tokens_and_an_end_at_once_leave_nothing_open(acme: Organization) -> None:
    for number in range(ROUNDS):
        service, secret = service_of(acme, Scope.ORGANIZATION_VIEW, name=f"Import {number}")
        asked = {"client_id": str(service.public_id), "client_secret": secret}
        programs = [Program(), Program()]
        at_once(
            *[
                lambda program=program, asked=asked: program.post(
                    "token", {"grant_type": "client_credentials", **asked}
                )
                for program in programs
            ],
            lambda service=service: services.delete(service=service, by=SHELL),
        )
        assert all(status(program.get("orgs/acme")) == 401 for program in programs)
