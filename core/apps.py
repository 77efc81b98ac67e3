from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from core import checks
        from core.outbox import figures

        figures.register()
        register(checks.check_geoip_file)
