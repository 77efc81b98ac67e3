"""How the fields of forms become HTML."""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.safestring import SafeString


class Renderer(DjangoTemplates):
    """Django's, except that a plain input is put together without the two templates that Django has for it.

    One that was refused asks for the focus; of several, browsers give it to the first.
    """

    PLAIN = {f"django/forms/widgets/{name}.html" for name in ("input", "text", "email", "password", "hidden")}

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        if template_name not in self.PLAIN:
            return SafeString(super().render(template_name, context, request))
        widget = context["widget"]
        given = {"type": widget["type"], "name": widget["name"], "value": widget["value"], **widget["attrs"]}
        if given.get("aria-invalid") and widget["type"] != "hidden":
            given["autofocus"] = True
        return SafeString(
            f"<input{flatatt({name: value for name, value in given.items() if value is not None})}>"
        )
