"""The provider's pages, in the site's own dress."""

from collections.abc import Mapping
from html import escape

from identity.local.programs import ROOT
from identity.local.provider.people import NAME, PEOPLE, Person

STYLES = [ROOT / "static" / "css" / f"{name}.css" for name in ("tokens", "base", "components")]


def page(title: str, content: str) -> str:
    style = "".join(file.read_text(encoding="utf-8") for file in STYLES)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)} · {NAME}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{style}</style><body>"
        f'<header class="bar"><a class="brand" href="/">{NAME}</a></header>'
        f'<main class="page page-narrow"><div class="card"><h1>{escape(title)}</h1>{content}</div></main>'
        '<footer class="foot"><p>Development: a provider to try sign-in with.</p></footer>'
    )


def who(kept: Mapping[str, str]) -> str:
    """Everybody as a button; `kept` goes along with whichever is pressed."""
    return page("Who are you?", "".join(_person(person, kept) for person in PEOPLE.values()))


def _person(person: Person, kept: Mapping[str, str]) -> str:
    button = f'<button class="button button-wide">{escape(person.name)}</button>'
    text = f'<p class="lead">{escape(person.email)} – {escape(person.remark)}</p>'
    return f'<div class="stack">{_form("/sign-in", {**kept, "person": person.key}, button)}{text}</div>'


def home(person: Person | None, site: str) -> str:
    if person is None:
        return page(
            "Nobody is signed in", f'<p class="lead">{_link(f"{site}/account/sso/", "To the site")}</p>'
        )
    to_site = _form("/begin", {}, '<button class="button button-wide">On to the site</button>')
    out = _form("/leave", {}, '<button class="button button-quiet">Sign out, there as well</button>')
    return page(person.name, f'<p class="lead">{escape(person.email)}</p>{to_site}{out}')


def signed_out(site: str) -> str:
    return page("Signed out", f'<p class="lead">{_link(f"{site}/account/login/", "To the site")}</p>')


def onward(address: str, fields: Mapping[str, str]) -> str:
    """A form that goes off by itself, or by its button where no script runs."""
    sent = _form(address, fields, '<button class="button button-wide">Go on</button>')
    return page("On to the site", f"{sent}<script>document.forms[0].submit()</script>")


def _form(action: str, fields: Mapping[str, str], content: str) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form class="form" method="post" action="{escape(action)}">{hidden}{content}</form>'


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'
