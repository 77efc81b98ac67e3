from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MfaConfig(AppConfig):
    name = "mfa"
    verbose_name = _("Second factors")

    def ready(self) -> None:
        from accounts import access
        from accounts.sign_in import ways_in
        from mfa import desk, door, figures, overview, stepup, trust
        from mfa.api import demands, proofs
        from mfa.factors import passkeys, registry
        from mfa.flows import passwordless, reset

        access.register("trusted browsers", trust.end_revoked)
        access.register("second factors", registry.end_doubtful)
        ways_in.register("passkeys", passkeys.count_ways_in)
        access.register("factor resets", reset.end_revoked)
        overview.register()
        desk.register()
        figures.register()
        stepup.register()
        door.register()
        passwordless.register()
        demands.register()
        proofs.register()
