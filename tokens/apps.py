from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TokensConfig(AppConfig):
    name = "tokens"
    verbose_name = _("Tokens")

    def ready(self) -> None:
        from accounts import access
        from accounts.flows import sign_ins
        from accounts.pages import overview
        from accounts.session import limits
        from accounts.sign_in import programs
        from orgs.decisions import records
        from orgs.flows import activity
        from orgs.permissions import Permission
        from orgs.views import pages
        from tokens import desk, hand_out
        from tokens.flows import families, keys, services

        desk.register()
        access.register("API sign-ins", families.end_revoked)
        access.register("API access", keys.end_revoked)
        sign_ins.register(sign_ins.Others(families.listed, families.end_named, counted_as="API sign-ins"))
        limits.register_sign_ins(families.shorten)
        activity.register_services(services.names)
        records.register_services(services.scopes_of)
        programs.hands_out(hand_out.to)
        pages.add_entry(
            pages.Entry(_("Service accounts"), "tokens:services", Permission.SERVICES_MANAGE),
            after="orgs:roles",
        )
        overview.add_page(overview.Page(_("API keys"), "tokens:keys", 45))
