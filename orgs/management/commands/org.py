import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from accounts.models import User
from orgs.actor import SHELL
from orgs.errors import Conflict
from orgs.flows import members, organizations
from orgs.forms import NewOrganizationForm
from orgs.models import Grant, Membership, Organization
from orgs.permissions import BuiltIn


class Command(BaseCommand):
    help = "Creates, lists, suspends and resumes organizations, and adds members to them."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(
            dest="what", required=True, metavar="add|list|suspend|resume|add-member"
        )
        add = commands.add_parser("add", help="create an organization that this site vouches for")
        add.add_argument("slug", help="its short name, as in /orgs/SLUG/; it never changes")
        add.add_argument("--name", default="", help="what it is called; the short name if left out")
        add.add_argument("--owner", default="", help="address of its first owner, who has an account")
        listing = commands.add_parser("list", help="one line for each organization")
        listing.add_argument("--json", action="store_true", help="for programs")
        for what, text in (
            ("suspend", "keep its people out until it is resumed"),
            ("resume", "end a suspension"),
        ):
            commands.add_parser(what, help=text).add_argument("slug")
        member = commands.add_parser(
            "add-member", help="make somebody a member, or a member the owner it lacks"
        )
        member.add_argument("slug")
        member.add_argument("email", help="one of the person's confirmed addresses")
        member.add_argument("--role", choices=BuiltIn.values, default=BuiltIn.MEMBER)

    def handle(self, *args: Any, **options: Any) -> None:
        act: dict[str, Callable[..., None]] = {
            "add": self._add,
            "list": self._list,
            "suspend": self._suspend,
            "resume": self._resume,
            "add-member": self._add_member,
        }
        act[options["what"]](options)

    def _add(self, options: dict[str, Any]) -> None:
        owner = _person(options["owner"]) if options["owner"] else None
        slug, name = options["slug"], options["name"] or options["slug"]
        form = NewOrganizationForm({"slug": slug, "name": name})
        if not form.is_valid():
            raise CommandError(
                " ".join(
                    f"{field}: {' '.join(str(text) for text in texts)}"
                    for field, texts in form.errors.items()
                )
            )
        organizations.create(slug=slug, name=name, owner=owner, by=SHELL)
        self._done(f"{slug} is there.")
        if owner is None:
            self.stdout.write(f"It has no owner yet: manage.py org add-member {slug} EMAIL --role owner")

    def _list(self, options: dict[str, Any]) -> None:
        rows = Organization.objects.annotate(size=Count("memberships")).order_by("slug")
        known = [
            {"slug": row.slug, "name": row.name, "status": row.status, "members": vars(row)["size"]}
            for row in rows
        ]
        if options["json"]:
            self.stdout.write(json.dumps(known))
            return
        for row in known:
            self.stdout.write("{slug:<30} {status:<10} {members:>6}  {name}".format(**row))

    def _suspend(self, options: dict[str, Any]) -> None:
        done = organizations.suspend(organization=_organization(options), by=SHELL)
        self._done(f"{options['slug']} {'is suspended' if done else 'was not active; nothing was changed'}.")

    def _resume(self, options: dict[str, Any]) -> None:
        done = organizations.resume(organization=_organization(options), by=SHELL)
        self._done(
            f"{options['slug']} {'is active again' if done else 'was not suspended; nothing was changed'}."
        )

    def _add_member(self, options: dict[str, Any]) -> None:
        user, organization = _person(options["email"]), _organization(options)
        here = Membership.objects.of(organization).select_related("user", "organization").filter(user=user)
        try:
            if (membership := here.first()) is None:
                members.add(organization=organization, user=user, role=options["role"], by=SHELL)
            else:
                own = [row.role for row in Grant.objects.of(organization).filter(membership=membership)]
                members.change_role(membership=membership, role=options["role"], own_roles=own, by=SHELL)
        except Conflict as refusal:
            raise CommandError(str(refusal.detail)) from refusal
        self._done(f"{user.email} is {options['role']} of {options['slug']}.")

    def _done(self, text: str) -> None:
        self.stdout.write(self.style.SUCCESS(text))


def _organization(options: dict[str, Any]) -> Organization:
    found = Organization.objects.filter(slug=options["slug"]).first()
    if found is None:
        raise CommandError(f"There is no organization {options['slug']}.")
    return found


def _person(email: str) -> User:
    user = User.objects.with_address(email).first()
    if user is None or not user.has_verified_email:
        raise CommandError(f"Nobody has the confirmed address {email}.")
    return user
