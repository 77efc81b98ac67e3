"""A program that calls the API as others write them: JSON there, JSON back, and the tokens it was handed."""

import functools
from typing import Any

from django.test import Client
from django.urls import Resolver404, resolve

from accounts.api import refusals
from accounts.models import User
from accounts.sign_in.allauth_compat import METHODS_KEY
from tests.conftest import PASSWORD, code_of_app
from tokens.models import Family

API = "/api/auth/"


class Program:
    """Paths are those after /api/auth/. What an answer hands out is used from then on."""

    def __init__(self, access: str = "", **client: Any) -> None:
        self.client = Client(**client)
        self.access, self.refresh = access, ""

    def get(self, path: str, **query: Any) -> Any:
        return self._call("get", path, query)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self._call("post", path, data, **headers)

    def put(self, path: str, data: Any = None) -> Any:
        return self._call("put", path, data)

    def patch(self, path: str, data: Any = None) -> Any:
        return self._call("patch", path, data)

    def delete(self, path: str, data: Any = None) -> Any:
        return self._call("delete", path, data)

    def sign_in(self, user: User, password: str = PASSWORD, **wish: str) -> Any:
        """By password, and by the code of an app where one is asked for."""
        answer = self.post("login", {"email": user.email, "password": password, **wish})
        if answer.status_code == 401 and answer.json()["code"] == "mfa_required":
            shown = {"challenge": answer.json()["challenge"], "method": "app", "code": code_of_app(user)}
            return self.post("login/mfa", shown)
        return answer

    def is_in(self) -> bool:
        return bool(self.get("me").status_code == 200)

    def _call(self, method: str, path: str, data: Any, **headers: str) -> Any:
        if self.access:
            headers = {"authorization": f"Bearer {self.access}", **headers}
        how = {"content_type": "application/json"} if method != "get" else {}
        answer = getattr(self.client, method)(
            API + path, {} if data is None else data, headers=headers, **how
        )
        if answer.status_code < 300 and answer.content and isinstance(answer.json(), dict):
            self.access = answer.json().get("access_token", self.access)
            self.refresh = answer.json().get("refresh_token", self.refresh)
        if answer.status_code >= 400:
            assert_documented(method, path, code_in(answer))
        return answer


def assert_documented(method: str, path: str, code: str) -> None:
    """A program can only be ready for what it was told of."""
    try:
        view: Any = resolve(API + path).func
    except Resolver404:
        return
    handler = getattr(view.view_class, method, None)
    if handler is not None:
        assert code in documented(handler, method.upper()), (
            f"{method} {path} answers {code}, and its documentation does not say so"
        )


@functools.cache
def documented(handler: Any, method: str) -> frozenset[str]:
    return frozenset(problem.code for problem in refusals.of(handler.operation, method))


def code_in(answer: Any) -> str:
    """Of a refusal."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return str(answer.json()["code"])


def let_pass(user: User, seconds: float) -> None:
    """As if everything that this person's programs have proved had been proved so much earlier."""
    for family in Family.objects.filter(user=user):
        for record in family.state[METHODS_KEY]:
            record["at"] -= seconds
        family.save()
