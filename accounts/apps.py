from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    default = True
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import access, checks, receivers
        from accounts.flows import mail_answers, mail_sign_in
        from accounts.pages import reminders
        from accounts.sign_in import programs, ways_in
        from core.outbox import delivery

        # Before the sessions, which know which browser is the one that stays.
        access.register("remembered browsers", access.end_browsers)
        access.register("sessions", access.end_sessions)
        access.register("mail links", access.end_proofs)
        ways_in.register("password", ways_in.passwords)
        mail_sign_in.register()
        programs.register()
        delivery.register_writer(mail_answers.answer)
        reminders.register()
        receivers.connect()
        checks.register()


class SiteAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "accounts.admin_site.SiteAdmin"
