"""A second factor as a program shows it: at the second step of a sign-in, and once more while signed in."""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.api import proofs
from accounts.api.caller import ApiRequest
from accounts.models import User
from core import client
from core.api.fields import invalid_form
from core.api.problems import Invalid
from core.errors import BadInput
from mfa import limits, webauthn
from mfa.api.problems import FactorRefused
from mfa.errors import TooManyCodes
from mfa.factors import registry
from mfa.factors.registry import Factor
from mfa.flows import challenge
from mfa.webauthn import Answer


def register() -> None:
    for factor in registry.FACTORS:
        proofs.register(factor.NAME, _prove, refuses=[FactorRefused, TooManyCodes])


def factor_of(user: User, name: str | None) -> Factor:
    """The one with this name, or the best of those that this person has."""
    factor = registry.chosen(user, name)
    if factor is None or name not in (None, factor.NAME):
        raise Invalid.field("method", "invalid_choice", _("This person does not have that."))
    return factor


def brought(factor: Factor, data: dict[str, Any]) -> str:
    """What was sent to show it, once its shape is right."""
    sent = json.dumps(data["credential"]) if "credential" in data else data.get("code", "")
    form = factor.form({"code": sent})
    try:
        if not form.is_valid():
            raise invalid_form(form.errors.as_data())
    except BadInput:
        raise no_answer() from None
    return str(form.cleaned_data["code"])


def answer_in(data: dict[str, Any]) -> Answer:
    try:
        return webauthn.read(json.dumps(data["credential"]))
    except webauthn.Malformed:
        raise no_answer() from None


def no_answer() -> Invalid:
    return Invalid.field("credential", "invalid", _("This is not what a browser answers."))


def _prove(request: ApiRequest, user: User, data: dict[str, Any]) -> str:
    limits.before_code(request)
    factor = factor_of(user, data["method"])
    typed, facts = brought(factor, data), client.facts(request)
    if not challenge.shown(user=user, factor=factor, typed=typed, facts=facts, actor=user):
        raise FactorRefused
    return factor.METHOD
