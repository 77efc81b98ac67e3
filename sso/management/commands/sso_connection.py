import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from core.errors import Problem
from orgs.actor import SHELL
from orgs.flows import domains
from orgs.models import Domain, Organization
from sso.enterprise import connections, fetching, trying
from sso.enterprise.forms import NewConnectionForm
from sso.enterprise.mapping import FIELDS
from sso.models import Connection
from sso.saml import metadata
from sso.saml.metadata import Provider


class Command(BaseCommand):
    help = "Sets up by which identity provider the people of an organization sign in (SAML 2.0 or OpenID Connect)."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(
            dest="what", required=True, metavar="add|update|list|show|test|remove"
        )
        add = commands.add_parser("add", help="connect an organization to its identity provider")
        add.add_argument("--org", required=True, metavar="ORG", help="short name of the organization")
        add.add_argument("--slug", required=True, help="part of its addresses here; it never changes")
        add.add_argument(
            "--name", default="", help="what its button says; the organization's name if left out"
        )
        add.add_argument(
            "--metadata", metavar="FILE-OR-URL", help="the provider's; may follow later by update"
        )
        _choices(add)
        update = commands.add_parser("update", help="read new metadata, or change what was chosen")
        update.add_argument("slug")
        update.add_argument("--name", default="")
        update.add_argument(
            "--metadata",
            metavar="FILE-OR-URL",
            help="once more from where it came if given without a value",
            nargs="?",
            const="",
        )
        update.add_argument("--roll-key", action="store_true", help="publish the next key of ours")
        update.add_argument(
            "--confirm",
            default="",
            metavar="VERSION",
            help="it is as you want it, in the version that show has shown you: "
            "it opens everybody's account again, owners and staff included",
        )
        state = update.add_mutually_exclusive_group()
        state.add_argument("--enable", dest="is_active", action="store_const", const=True)
        state.add_argument("--disable", dest="is_active", action="store_const", const=False)
        _choices(update)
        listing = commands.add_parser("list", help="one line for each connection")
        listing.add_argument("--org", default="", metavar="ORG")
        listing.add_argument("--json", action="store_true", help="for programs")
        show = commands.add_parser(
            "show", help="the values that the provider asks for, and what is known of it"
        )
        show.add_argument("slug")
        show.add_argument("--json", action="store_true", help="for programs")
        commands.add_parser("test", help="see whether everything is there that a sign-in needs").add_argument(
            "slug"
        )
        commands.add_parser("remove", help="disconnect; whoever came in by it is signed out").add_argument(
            "slug"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        act: dict[str, Callable[[dict[str, Any]], None]] = {
            "add": self._add,
            "update": self._update,
            "list": self._list,
            "show": self._show,
            "test": self._test,
            "remove": self._remove,
        }
        try:
            with transaction.atomic():
                act[options["what"]](options)
        except Problem as refusal:
            raise CommandError(str(refusal.detail)) from refusal

    def _add(self, options: dict[str, Any]) -> None:
        organization = _organization(options["org"])
        provider = _provider(options["metadata"]) if options["metadata"] else None
        slug, name = options["slug"], options["name"] or organization.name
        form = NewConnectionForm({"slug": slug, "name": name})
        if not form.is_valid():
            texts = [f"{field}: {' '.join(map(str, found))}" for field, found in form.errors.items()]
            raise CommandError(" ".join(texts))
        kind = Connection.Kind.OPENID if options["issuer"] else Connection.Kind.SAML
        connection = connections.create(organization=organization, slug=slug, name=name, kind=kind, by=SHELL)
        if provider is not None:
            url = options["metadata"] if _is_address(options["metadata"]) else ""
            connections.believe(connection=connection, provider=provider, url=url, by=SHELL)
        self._register_client(connection, options)
        self._choose(connection, options)
        self._done(f"{slug} is connected.")
        self._values(Connection.objects.with_slug(slug).get())

    def _update(self, options: dict[str, Any]) -> None:
        connection = _connection(options["slug"])
        if options["metadata"] is not None:
            where = options["metadata"] or connection.metadata_url
            if not where:
                raise CommandError("Its metadata did not come from an address: name a file or an address.")
            url = where if _is_address(where) else ""
            connections.believe(connection=connection, provider=_provider(where), url=url, by=SHELL)
        self._register_client(connection, options)
        if options["roll_key"]:
            key = connections.roll_key(connection=connection, by=SHELL)
            self.stdout.write(
                f"The next key stands in the metadata now, and signs from {key.signs_from:%Y-%m-%d} on."
            )
        self._choose(connection, options)
        if options["confirm"]:
            connections.confirm(connection=connection, by=SHELL, seen=options["confirm"])
        self._done(f"{connection.slug} is up to date.")

    def _list(self, options: dict[str, Any]) -> None:
        rows = Connection.across_organizations.select_related("organization").order_by("slug")
        if options["org"]:
            rows = rows.filter(organization=_organization(options["org"]))
        known = [
            {
                "slug": row.slug,
                "organization": row.organization.slug,
                "kind": row.kind,
                "state": _state(row),
                "provider": row.idp_entity_id or row.issuer,
            }
            for row in rows
        ]
        if options["json"]:
            self.stdout.write(json.dumps(known))
            return
        for row in known:
            self.stdout.write("{slug:<24} {organization:<24} {kind:<7} {state:<12} {provider}".format(**row))

    def _show(self, options: dict[str, Any]) -> None:
        connection = _connection(options["slug"])
        if options["json"]:
            self.stdout.write(json.dumps(_facts(connection)))
            return
        self._values(connection)
        for name, value in _facts(connection).items():
            if name not in ("entity_id", "acs_url", "logout_url"):
                shown = ", ".join(map(str, value)) if isinstance(value, list) else value
                self.stdout.write(f"{name + ':':<22} {shown}")

    def _test(self, options: dict[str, Any]) -> None:
        problems = trying.problems(_connection(options["slug"]))
        for text in problems:
            self.stdout.write(self.style.ERROR(f"- {text}"))
        if problems:
            raise CommandError(f"{options['slug']} is not ready.")
        self._done(f"{options['slug']} is ready: people can sign in by it.")

    def _remove(self, options: dict[str, Any]) -> None:
        connections.remove(connection=_connection(options["slug"]), by=SHELL)
        self._done(f"{options['slug']} is gone.")

    def _register_client(self, connection: Connection, options: dict[str, Any]) -> None:
        """Of an OpenID provider, which is asked at once what it says about itself."""
        given = {name: options[name] for name in ("issuer", "client_id", "client_secret_file")}
        if not any(given.values()):
            return
        if connection.is_saml:
            raise CommandError(
                "--issuer and its companions are for OpenID connections; this one speaks SAML."
            )
        secret = _read(given["client_secret_file"]).decode().strip() if given["client_secret_file"] else ""
        issuer, client_id = given["issuer"] or connection.issuer, given["client_id"] or connection.client_id
        if not issuer or not client_id:
            raise CommandError("An OpenID connection needs both --issuer and --client-id.")
        connections.set_openid(
            connection=connection, issuer=issuer, client_id=client_id, client_secret=secret, by=SHELL
        )

    def _choose(self, connection: Connection, options: dict[str, Any]) -> None:
        for name in options["domain"]:
            domains.vouch(organization=connection.organization, name=name, by=SHELL)
        chosen: dict[str, Any] = {
            name: options[name]
            for name in (
                "creates_people",
                "allow_idp_initiated",
                "force_authn",
                "signs_requests",
                "is_active",
            )
            if options.get(name) is not None
        }
        if options["what"] == "update" and options["name"]:
            chosen["name"] = options["name"]
        if options["trust_context"] is not None:
            chosen["trusted_contexts"] = [context for context in options["trust_context"] if context]
        if options["map"]:
            chosen["mapping"] = {**connection.mapping, **_mapping(options["map"])}
        if chosen:
            connections.edit(connection=connection, by=SHELL, **chosen)

    def _values(self, connection: Connection) -> None:
        self.stdout.write("For the identity provider:")
        if not connection.is_saml:
            self.stdout.write(f"  Redirect URI          {connection.callback_url}")
            self.stdout.write(f"  Back-channel logout   {connection.back_channel_url}")
            return
        self.stdout.write(f"  Entity ID (audience)  {connection.entity_id}")
        self.stdout.write(f"  ACS URL (reply)       {connection.acs_url}")
        self.stdout.write(f"  Metadata              {connection.entity_id}")
        self.stdout.write(f"  Logout URL            {connection.logout_url}")

    def _done(self, text: str) -> None:
        self.stdout.write(self.style.SUCCESS(text))


def _choices(parser: CommandParser) -> None:
    parser.add_argument("--issuer", default="", metavar="URL", help="of an OpenID provider, instead of SAML")
    parser.add_argument("--client-id", default="", help="how the OpenID provider knows this site")
    parser.add_argument("--client-secret-file", default="", metavar="FILE", help="holds the client's secret")
    parser.add_argument(
        "--domain",
        action="append",
        default=[],
        metavar="D",
        help="its provider may speak for addresses in it; counts as proved, since you run this site",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=ATTRIBUTE",
        help=f"which attribute says what, where the usual names do not; fields: {', '.join(FIELDS)}",
    )
    parser.add_argument(
        "--trust-context",
        action="append",
        metavar="CLASS",
        help="an AuthnContext class that counts as a second factor; an empty one takes all away",
    )
    for name, field, yes, no in (
        ("allow-idp-initiated", "allow_idp_initiated", "people may begin at the provider", "they begin here"),
        (
            "create-people",
            "creates_people",
            "new people get an account (the default)",
            "only members come in",
        ),
        ("force-authn", "force_authn", "the provider asks for the password each time", "it may remember"),
        ("sign-requests", "signs_requests", "our requests are signed (the default)", "they are not"),
    ):
        group = parser.add_mutually_exclusive_group()
        group.add_argument(f"--{name}", dest=field, action="store_const", const=True, help=yes)
        group.add_argument(f"--no-{name}", dest=field, action="store_const", const=False, help=no)


def _provider(where: str) -> Provider:
    if _is_address(where):
        return fetching.provider_at(where, by_operator=True)
    return metadata.read(_read(where))


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _is_address(where: str) -> bool:
    return where.startswith(("https://", "http://"))


def _mapping(pairs: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        field, equals, attribute = pair.partition("=")
        if not equals or field not in FIELDS or not attribute:
            raise CommandError(f"--map {pair}: expected FIELD=ATTRIBUTE with one of {', '.join(FIELDS)}.")
        found[field] = attribute
    return found


def _state(connection: Connection) -> str:
    if not connection.is_active:
        return "off"
    return "in use" if connection.is_ready else "not set up"


def _facts(connection: Connection) -> dict[str, Any]:
    proved = Domain.objects.of(connection.organization).filter(verified_at__isnull=False)
    return {
        "slug": connection.slug,
        "name": connection.name,
        "organization": connection.organization.slug,
        "state": _state(connection),
        "entity_id": connection.entity_id,
        "acs_url": connection.acs_url,
        "logout_url": connection.logout_url,
        "provider": connection.idp_entity_id,
        "sign_in_at": connection.sso_url,
        "sign_out_at": connection.slo_url,
        "metadata_from": connection.metadata_url,
        "certificates": [
            f"{row.fingerprint[:16]}… until {row.not_after:%Y-%m-%d}" if row.not_after else row.fingerprint
            for row in connection.certificates.all()
        ],
        "domains": [*proved.order_by("name").values_list("name", flat=True)],
        "idp_initiated": connection.allow_idp_initiated,
        "creates_people": connection.creates_people,
        "opens_up_to": connection.get_opens_up_to_display(),
        "mapping": [f"{field}={attribute}" for field, attribute in sorted(connection.mapping.items())],
        "second_factor_by": list(connection.trusted_contexts),
        "version": connections.version(connection),
    }


def _organization(slug: str) -> Organization:
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no organization {slug}.")
    return found


def _connection(slug: str) -> Connection:
    found = Connection.objects.with_slug(slug).first()
    if found is None:
        raise CommandError(f"There is no connection {slug}.")
    return found
