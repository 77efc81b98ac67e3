"""What allauth's social side asks of us. Little: identities, linking and pages are our own."""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from sso.social import web


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def get_requests_session(self) -> web.Session:
        return web.Session()

    def list_apps(self, request: HttpRequest, **chosen: Any) -> list[Any]:
        """None from the database: its table keeps secrets in clear, and a row there must not become an entrance."""
        return []
