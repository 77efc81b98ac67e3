from django.apps import AppConfig


class SsoConfig(AppConfig):
    name = "sso"
    verbose_name = "Single sign-on"

    def ready(self) -> None:
        from accounts import access
        from accounts.sign_in import reauthentication, ways_in
        from sso import checks, figures, panels
        from sso.enterprise import overview as enterprise_overview
        from sso.enterprise import reauthentication as by_organization
        from sso.enterprise import signing_out, visits
        from sso.social import checks as social_checks
        from sso.social import connections, overview
        from sso.social import reauthentication as by_provider

        panels.register()
        figures.register()
        checks.register()
        social_checks.register()
        access.register("connections", connections.end_doubtful)
        ways_in.register("connections", connections.count_usable)
        reauthentication.register(by_provider.WAY)
        overview.register()
        enterprise_overview.register()
        reauthentication.register(by_organization.WAY)
        ways_in.register("organization connections", by_organization.count)
        signing_out.register()
        visits.register()
