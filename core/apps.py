from django.apps import AppConfig
from django.core.checks import register


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "Plumbing"

    def ready(self) -> None:
        from core import checks

        register(checks.check_geoip_file)
