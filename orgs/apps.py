from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgsConfig(AppConfig):
    name = "orgs"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from orgs import holdings, overview, rules, stages

        overview.register()
        holdings.register_own()
        rules.register()
        stages.register()
