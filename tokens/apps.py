from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TokensConfig(AppConfig):
    name = "tokens"
    verbose_name = _("Tokens")

    def ready(self) -> None:
        from accounts import access
        from tokens.flows import families

        access.register("API sign-ins", families.end_revoked)
