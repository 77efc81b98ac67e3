"""Policy × subject × action × resource × context: what is answered, and which policy says so."""

from typing import Any

import pytest

from accounts.models import User
from orgs.actor import SHELL
from orgs.flows import members, roles
from orgs.models import Membership, Organization, Team
from tests.api import Program
from tests.conftest import each
from tests.orgs.decisions.asking import ask, document, question, verdict

pytestmark = pytest.mark.django_db
NO, UNKNOWN = "-no_policy", "-resource_unknown"
OFFICE = {"from": "08:00", "to": "18:00", "zone": "Europe/Berlin", "days": ["mon", "tue"]}
NIGHT = {"from": "22:00", "to": "06:00", "zone": "UTC", "days": ["mon"]}
# Of 2026: the 2nd of November is a Monday.
MONDAY, SUNDAY = "2026-11-02T10:00:00+01:00", "2026-11-01T10:00:00+01:00"
OWN, INNER, OUTER = {"owner": "BOB"}, ["10.0.0.0/8", "2001:db8::/32"], "203.0.113.9"

PERMISSIONS = [
    ("alice", "organization.close", "organization:acme", "permission"),
    ("ada", "organization.close", "organization:acme", NO),
    ("ada", "members.manage", "organization:acme", "permission"),
    ("bob", "members.manage", "organization:acme", NO),
    ("bob", "organization.view", "organization:acme", "permission"),
    ("bob", "organization.view", "organization:ACME", "permission"),
    ("bob", "organization.view", "organization:globex", UNKNOWN),
    ("bob", "organization.view", "organization:nowhere", UNKNOWN),
    ("bob", "organization.view", "team:PLATFORM", "permission"),
    ("bob", "teams.manage", "team:PLATFORM", NO),
    ("ada", "teams.manage", "team:PLATFORM", "permission"),
    ("ada", "teams.manage", "team:BOSSES", "permission"),
    ("alice", "teams.manage", "team:BOSSES", "permission"),
    ("ada", "teams.manage", "team:999999999", UNKNOWN),
    ("ada", "members.manage", "team:PLATFORM", NO),
    ("ada", "members.manage", "member:BOB", "permission"),
    ("ada", "members.manage", "member:ALICE", "-above-oneself"),
    ("ada", "members.view", "member:ALICE", "permission"),
    ("bob", "members.manage", "member:BOB", NO),
    ("ada", "members.manage", "member:CHARLIE", UNKNOWN),
    ("ada", "members.manage", "document:plan", NO),
    ("ada", "members.fire", "organization:acme", NO),
    ("charlie", "organization.view", "organization:acme", "-subject_unknown"),
]
ATTRIBUTES = [
    ("bob", "read", {}, {}, NO),
    ("bob", "read", OWN, {}, "owner"),
    ("bob", "read", {"owner": "bob@example.org"}, {}, "owner"),
    ("bob", "read", {"owner": "ALICE"}, {}, NO),
    ("bob", "members.manage", OWN, {}, NO),
    ("bob", "read", {"team": "platform"}, {}, "team"),
    ("bob", "read", {"team": "PLATFORM-NUMBER"}, {}, "team"),
    ("ada", "read", {"team": "platform"}, {}, NO),
    ("bob", "read", {"team": "Bosses"}, {}, NO),
    ("bob", "members.manage", {"team": "platform"}, {}, NO),
    ("bob", "read", {"role": "member"}, {}, "role"),
    ("bob", "read", {"role": "admin"}, {}, NO),
    ("bob", "read", {"role": ["admin", "Reviewer"]}, {}, "role"),
    ("alice", "read", {"role": "admin"}, {}, "role"),
    ("ada", "read", {"role": ["owner"]}, {}, NO),
    ("bob", "read", {"hours": OFFICE}, {"time": MONDAY}, NO),
    ("bob", "read", {**OWN, "hours": OFFICE}, {"time": MONDAY}, "owner"),
    ("bob", "read", {**OWN, "hours": OFFICE}, {"time": SUNDAY}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": OFFICE}, {"time": "2026-11-02T18:00:00+01:00"}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": OFFICE}, {"time": "2026-11-02T07:30:00Z"}, "owner"),
    ("bob", "read", {**OWN, "hours": OFFICE}, {"time": "2026-11-02T10:00:00"}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": OFFICE}, {"time": 1793610000}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": NIGHT}, {"time": "2026-11-02T23:00:00Z"}, "owner"),
    ("bob", "read", {**OWN, "hours": NIGHT}, {"time": "2026-11-03T05:59:00Z"}, "owner"),
    ("bob", "read", {**OWN, "hours": NIGHT}, {"time": "2026-11-03T06:00:00Z"}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": NIGHT}, {"time": "2026-11-02T05:00:00Z"}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": {**OFFICE, "days": ["someday"]}}, {"time": MONDAY}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": {**OFFICE, "zone": "../etc"}}, {"time": MONDAY}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": "always"}, {}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": OFFICE}, {"time": "2026-13-45T10:00:00Z"}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": NIGHT}, {"time": "0001-01-01T00:00:00Z"}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": OFFICE}, {"time": "9999-12-31T23:59:59Z"}, "-outside-hours"),
    ("bob", "read", {**OWN, "hours": {**OFFICE, "from": "08:00+05:00"}}, {"time": MONDAY}, "-outside-hours"),
    ("bob", "read", {**OWN, "networks": INNER}, {"ip": "10.1.2.3"}, "owner"),
    ("bob", "read", {**OWN, "networks": INNER * 51}, {"ip": "10.1.2.3"}, "-outside-networks"),
    ("bob", "read", {**OWN, "networks": INNER}, {"ip": "::ffff:10.1.2.3"}, "owner"),
    ("bob", "read", {**OWN, "networks": INNER}, {"ip": "2001:db8::1"}, "owner"),
    ("bob", "read", {**OWN, "networks": INNER}, {"ip": OUTER}, "-outside-networks"),
    ("bob", "read", {**OWN, "networks": INNER}, {}, "-outside-networks"),
    ("bob", "read", {**OWN, "networks": INNER}, {"ip": 167837955}, "-outside-networks"),
    ("bob", "read", {**OWN, "networks": [167772160]}, {"ip": "10.0.0.0"}, "-outside-networks"),
    ("bob", "read", {**OWN, "networks": "10.0.0.0/8"}, {"ip": "10.0.0.1"}, "-outside-networks"),
    ("bob", "read", {**OWN, "networks": ["10.0.0.0/99"]}, {"ip": "10.0.0.1"}, "-outside-networks"),
    ("bob", "read", {**OWN, "factor": "two-factors"}, {"factor": "two-factors"}, "owner"),
    ("bob", "read", {**OWN, "factor": "two-factors"}, {"amr": ["pwd", "mfa"]}, "owner"),
    ("bob", "read", {**OWN, "factor": "two-factors"}, {"amr": ["pwd", "otp"]}, "-weak-proof"),
    ("bob", "read", {**OWN, "factor": "two-factors"}, {"factor": "phishing-resistant"}, "owner"),
    ("bob", "read", {**OWN, "factor": "phishing-resistant"}, {"factor": "two-factors"}, "-weak-proof"),
    ("bob", "read", {**OWN, "factor": "one-factor"}, {}, "-weak-proof"),
    ("bob", "read", {**OWN, "factor": "any"}, {"factor": "any"}, "-weak-proof"),
    ("bob", "read", {**OWN, "factor": 1}, {"factor": "two-factors"}, "-weak-proof"),
    ("bob", "read", {**OWN, "organization": "acme"}, {}, "owner"),
    ("bob", "read", {**OWN, "organization": "globex"}, {}, "-organization_unknown"),
    ("bob", "read", {**OWN}, {"organization": "nowhere"}, "-organization_unknown"),
]


@pytest.fixture
def names(
    acme: Organization, alice: User, ada: User, bobs: Membership, charlie: User, platform: Team, bosses: Team
) -> dict[str, Any]:
    people = {"ALICE": alice, "ADA": ada, "BOB": bobs.user, "CHARLIE": charlie}
    return {
        **{name: str(user.public_id) for name, user in people.items()},
        "PLATFORM": str(platform.pk),
        "PLATFORM-NUMBER": platform.pk,
        "BOSSES": str(bosses.pk),
        "ACME": str(acme.public_id),
    }


@pytest.mark.usefixtures("globex")
def test_a_permission(shop: Program, names: dict[str, Any]) -> None:
    for row in each(PERMISSIONS):
        who, action, resource, expected = row
        subject = {"type": "user", "id": names[who.upper()]}
        kind, _, name = resource.partition(":")
        assert verdict(ask(shop, subject, action, f"{kind}:{names.get(name, name)}")) == expected, row


@pytest.mark.usefixtures("globex")
def test_attributes(shop: Program, names: dict[str, Any]) -> None:
    for row in each(ATTRIBUTES):
        who, action, properties, context, expected = row
        said = {
            name: names.get(value, value) if isinstance(value, str) else value
            for name, value in properties.items()
        }
        subject = {"type": "user", "id": names[who.upper()]}
        assert verdict(ask(shop, subject, action, document(**said), context=context)) == expected, row


def test_why_is_told_to_those_who_look_after_it(shop: Program, ada: User) -> None:
    why = ask(shop, ada, "members.manage", "organization:acme")["context"]
    assert why["reason_admin"] == {"en": "as admin"}
    assert why["reason_user"]["en"].startswith("Who holds a permission")
    assert (why["reason"], why["policy"]) == ("permitted", "permission")


def test_and_in_the_language_of_whoever_asks(shop: Program, ada: User) -> None:
    asked = question(ada, "read", document())
    answer = shop.post("authorize", asked, **{"accept-language": "de"}).json()
    assert answer["context"]["reason_user"] == {"de": "Keine Richtlinie erlaubt es."}


def test_a_role_that_is_only_called_like_a_built_in_one_is_none(shop: Program, bobs: Membership) -> None:
    made = roles.create(organization=bobs.organization, name="Owner", permissions=[], by=SHELL)
    members.change_role(membership=bobs, own_roles=[made], by=SHELL)
    assert verdict(ask(shop, bobs.user, "read", document(role="owner"))) == NO


def test_whoever_looks_after_members_stands_over_none_that_may_more(
    shop: Program, keeper: Membership, ada: User
) -> None:
    assert verdict(ask(shop, keeper.user, "members.manage", f"member:{ada.public_id}")) == "-above-oneself"
