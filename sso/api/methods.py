"""How people can sign in here, for whoever writes a sign-in page of their own."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from rest_framework import serializers

from accounts.api.endpoint import PUBLIC, Endpoint, operation
from accounts.flows import registration
from accounts.sign_in import methods
from core.api.fields import Output
from sso.social import configuration
from sso.social.configuration import Kind


class ProviderFacts(Output):
    sample: ClassVar = {"slug": "google", "name": "Google"}

    slug = serializers.CharField(help_text="What `login/social` and its options call it.")
    name = serializers.CharField()
    id_token = serializers.BooleanField(
        help_text="Whether `login/social` takes its ID tokens; if not, only the site's own page leads there."
    )


class SignInMethods(Output):
    password = serializers.BooleanField(help_text="`login`")
    mail_code = serializers.BooleanField(help_text="`login/code`")
    passkey = serializers.BooleanField(help_text="`login/passkey`")
    providers = ProviderFacts(many=True, help_text="`login/social`")
    sign_up = serializers.BooleanField(
        help_text="`register`: whether somebody who comes by can make an account, if only with some addresses."
    )


class LoginMethods(Endpoint):
    @operation("See which ways to sign in there are", PUBLIC, gives=SignInMethods)
    def get(self, request: HttpRequest) -> dict[str, Any]:
        """The same for everybody: what one person or organization takes is said once somebody signs in."""
        offered = {name for name, _label in methods.ways_in()}
        return {
            "password": "password" in offered,
            "mail_code": settings.SIGN_IN_BY_MAIL,
            "passkey": "passkey" in offered,
            "providers": [
                {"slug": each.slug, "name": each.name, "id_token": each.kind != Kind.GITHUB}
                for each in configuration.providers()
            ],
            "sign_up": registration.has_page(),
        }
