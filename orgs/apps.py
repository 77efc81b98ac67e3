from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgsConfig(AppConfig):
    name = "orgs"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from orgs import checks, desk, holdings, overview, rules, stages, ways

        checks.register()
        overview.register()
        desk.register()
        holdings.register_own()
        rules.register()
        stages.register()
        ways.register_own()
