"""Who signs in at the demo provider, and how it calls itself."""

from dataclasses import dataclass

NAME = "Acme sign-in"
# It stays when the address does not.
ENTITY_ID = "https://sign-in.acme.example/"
SLUG = "acme-sign-in"
DOMAIN = "acme.example"
GROUP = "hiring"


@dataclass(frozen=True)
class Person:
    key: str
    name: str
    email: str
    groups: tuple[str, ...] = ()
    remark: str = ""


PEOPLE = {
    person.key: person
    for person in (
        Person("dora", "Dora Dean", f"dora@{DOMAIN}", (GROUP,), "her group brings her into the team People"),
        Person("emil", "Emil Ek", f"emil@{DOMAIN}", (), "a member and no more"),
        Person("mallory", "Mallory Moor", "alice@example.org", (), "not Acme’s address: the site refuses"),
    )
}
