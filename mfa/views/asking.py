"""What the two pages have in common that ask for a second factor: before somebody is in, and while they are."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User
from core import client, redirects
from mfa import limits
from mfa.ceremonies import Purpose
from mfa.factors import registry
from mfa.factors.registry import Factor
from mfa.flows import challenge
from mfa.forms import CodeForm

WHICH = "with"


def factor_for(request: HttpRequest, user: User) -> Factor | None:
    return registry.chosen(user, request.POST.get(WHICH) or request.GET.get(WHICH))


def accepted(
    request: HttpRequest, *, user: User, factor: Factor, form: CodeForm, actor: User | None = None
) -> bool:
    """Whether this was it; the form says what is wrong otherwise. Raises once it was tried too often."""
    limits.before_code(request)
    if not form.is_valid():
        return False
    typed, facts = form.cleaned_data["code"], client.facts(request)
    was_it = challenge.shown(user=user, factor=factor, typed=typed, facts=facts, actor=actor)
    if not was_it:
        form.refuse()
    return was_it


def context(
    user: User, factor: Factor, form: CodeForm, *, page: str, purpose: Purpose, after: str = ""
) -> dict[str, Any]:
    form.fields["code"].widget.attrs["autofocus"] = True
    address = reverse(page)
    others = [
        {"offer": other.offer(), "address": _address(address, other, after)}
        for other in registry.of(user)
        if other.NAME != factor.NAME
    ]
    asked = {"title": factor.title(), "hint": factor.hint(), "name": factor.NAME, "offer": factor.offer()}
    return {
        "asked": asked,
        "question": factor.question(user, purpose),
        "form": form,
        "others": others,
        "after": after,
        "page_address": address,
    }


def _address(page: str, factor: Factor, after: str) -> str:
    which = f"{WHICH}={factor.NAME}"
    return f"{redirects.with_next(page, after)}&{which}" if after else f"{page}?{which}"
