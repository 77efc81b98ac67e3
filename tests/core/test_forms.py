"""Fields look as Django would render them, only sooner."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

from core.forms import Renderer


class Everything(forms.Form):
    text = forms.CharField(
        max_length=9, widget=forms.TextInput(attrs={"spellcheck": "false", "autofocus": True})
    )
    email = forms.EmailField(required=False, widget=forms.EmailInput(attrs={"disabled": False}))
    password = forms.CharField(widget=forms.PasswordInput)
    number = forms.IntegerField(min_value=0)
    hidden = forms.CharField(widget=forms.HiddenInput)
    choice = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    words = forms.CharField(widget=forms.Textarea)
    yes = forms.BooleanField()


NASTY = '"><script>alert(1)</script>&amp;'


@pytest.mark.parametrize("name", Everything().fields)
@pytest.mark.parametrize(
    "data", [None, {}, {"text": NASTY, "email": NASTY, "number": "1200", "hidden": NASTY}]
)
def test_a_field_is_what_django_makes_of_it(name: str, data: dict[str, Any] | None) -> None:
    ours, theirs = (Everything(data, renderer=made()) for made in (Renderer, DjangoTemplates))
    if name in {"text", "email", "password"} and ours.errors.get(name):
        theirs.fields[name].widget.attrs["autofocus"] = True
    assert parse_html(str(ours[name])) == parse_html(str(theirs[name]))


def test_of_what_was_refused_the_first_has_the_focus() -> None:
    form = Everything({"email": "no address", "password": ""}, renderer=Renderer())
    assert "autofocus" in str(form["email"])
    assert "autofocus" not in str(form["hidden"])
    assert "autofocus" not in str(Everything(renderer=Renderer())["email"])


def test_what_was_typed_is_escaped() -> None:
    assert "<script>" not in str(Everything({"text": NASTY}, renderer=Renderer())["text"])
