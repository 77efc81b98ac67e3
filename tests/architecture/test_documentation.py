"""What is written about the site is true of it."""

import re

import pytest
from django.conf import settings

from accounts.roles.catalogue import OF_BUILT_IN, BuiltInRole
from core.desk.permissions import WITHIN_ORGANIZATION, SitePermission
from identity.settings import env
from sso.linking import Verdict
from sso.saml.errors import Reason

EXAMPLE = (settings.ROOT / ".env.example").read_text()
README = (settings.ROOT / "README.md").read_text()
NAMES = re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)


def test_every_setting_is_explained_once() -> None:
    assert sorted(NAMES) == sorted(env.declared)


@pytest.mark.parametrize("name", NAMES)
def test_an_explanation_stands_above_the_setting(name: str) -> None:
    line = next(
        number for number, text in enumerate(EXAMPLE.splitlines()) if re.match(rf"#?\s?{name}=", text)
    )
    above = EXAMPLE.splitlines()[line - 1]
    assert above.startswith("# ")
    assert len(above) > 20


def test_the_map_in_the_readme_names_every_package() -> None:
    packages = {path.parent.name for path in settings.ROOT.glob("*/__init__.py")}
    missing = {name for name in packages if f"{name}/" not in README}
    assert not missing


@pytest.mark.parametrize("command", re.findall(r"`make ([a-z]+)`", README))
def test_every_make_target_in_the_readme_exists(command: str) -> None:
    assert re.search(rf"^{command}:", (settings.ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("limit", sorted(settings.RATE_LIMITS))
def test_every_rate_limit_is_explained(limit: str) -> None:
    assert f"`{limit}`" in (settings.ROOT / "docs" / "security" / "auth-limits.md").read_text()


@pytest.mark.parametrize("limit", sorted(settings.RATE_LIMITS.items()))
def test_the_numbers_explained_are_the_numbers_in_force(limit: tuple[str, str]) -> None:
    name, text = limit
    row = next(
        line
        for line in (settings.ROOT / "docs" / "security" / "auth-limits.md").read_text().splitlines()
        if f"`{name}`" in line
    )
    assert f"| {text} |" in row


def explained(heading: str, text: str) -> list[str]:
    """The words in the first columns of the tables below a heading."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([a-z0-9-]+)` \|", section, re.MULTILINE)


def test_every_reason_to_refuse_an_organizations_sign_in_is_explained_once() -> None:
    words = explained("What is refused", (settings.ROOT / "docs" / "sso.md").read_text())
    refusals = {verdict for verdict in Verdict if verdict.name.startswith("REFUSE_")}
    others = {"not-a-member", "paused", "sign-up-closed"}
    # Of somebody whose mailbox is not proved; an organization's provider proves it.
    refusals.remove(Verdict.REFUSE_IN_SILENCE)
    assert sorted(words) == sorted({*Reason, *refusals, *others})


@pytest.mark.parametrize(
    "document", [*sorted((settings.ROOT / "docs").rglob("*.md")), *sorted(settings.ROOT.glob("*.md"))]
)
def test_links_between_documents_lead_somewhere(document: object) -> None:
    path = settings.ROOT / str(document)
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_table_of_roles_is_the_one_in_force() -> None:
    text = (settings.ROOT / "docs" / "administration.md").read_text()
    rows = {cells[0].strip("`"): cells[2:] for line in text.splitlines() if (cells := cells_of(line))}
    for permission in SitePermission:
        held = [permission in OF_BUILT_IN[role] for role in BuiltInRole]
        shown = [cell == "yes" for cell in rows[permission.value]]
        assert shown == [*held, permission in WITHIN_ORGANIZATION], permission


def cells_of(line: str) -> list[str]:
    """Of a row that begins with a name."""
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| `") else []
