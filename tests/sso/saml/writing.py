"""XML as text, element by element: what is spelt out here is sent as it stands."""

import secrets
from collections.abc import Mapping


def new_id() -> str:
    return "_" + secrets.token_hex(16)


class Xml(str):
    """Content that is XML and not text; its prefixes saml, samlp, ds and xs are known."""

    __slots__ = ()


def written(
    prefix: str | None, name: str, attributes: Mapping[str, str | None], text: str, declared: str = ""
) -> str:
    tag = f"{prefix}:{name}" if prefix else name
    said = "".join(f' {key}="{escaped(value)}"' for key, value in attributes.items() if value is not None)
    return f"<{tag}{declared}{said}>{text if isinstance(text, Xml) else escaped(text)}</{tag}>"


def escaped(text: str) -> str:
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\r", "&#13;")):
        text = text.replace(plain, entity)
    return text
