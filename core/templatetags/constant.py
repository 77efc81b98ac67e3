from typing import Any

from django import template
from django.template.base import Node, NodeList, Parser, Token
from django.utils import translation
from django.utils.safestring import SafeString

register = template.Library()


class ConstantNode(Node):
    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        # One short text per language; two threads that meet here write the same.
        self.rendered: dict[str | None, SafeString] = {}

    def render(self, context: Any) -> SafeString:
        language = translation.get_language()
        if language not in self.rendered:
            self.rendered[language] = self.nodelist.render(context)
        return self.rendered[language]


@register.tag
def constant(parser: Parser, token: Token) -> ConstantNode:
    """What stands inside is put together once a language: it may depend on settings, and on nothing of the request.

    A page is mostly such text, and each word of it costs as much as a variable does.
    """
    nodelist = parser.parse(("endconstant",))
    parser.delete_first_token()
    return ConstantNode(nodelist)
