from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("Audit log")

    def ready(self) -> None:
        from audit import desk, keys, refusals
        from core import rotation
        from core.desk import exports, figures

        refusals.connect()
        exports.register(desk.note_export)
        for figure in desk.FIGURES:
            figures.register(figure)
        rotation.register("audit_personkey.wrapped", keys.rotate)
