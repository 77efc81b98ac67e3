from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    default = True
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from accounts import access, checks, receivers
        from accounts.desk import names, own, own_panels
        from accounts.flows import mail_answers, mail_sign_in
        from accounts.impersonation import flow as impersonation
        from accounts.pages import reminders
        from accounts.roles import catalogue
        from accounts.sign_in import programs, reauthentication, ways_in
        from core.desk import step_up
        from core.outbox import delivery

        # Before the sessions, which know which browser is the one that stays.
        access.register("remembered browsers", access.end_browsers)
        access.register("sessions", access.end_sessions)
        access.register("mail links", access.end_proofs)
        access.register("acts in somebody's place", impersonation.end_revoked)
        ways_in.register("password", ways_in.passwords)
        mail_sign_in.register()
        programs.register()
        delivery.register_writer(mail_answers.answer)
        reminders.register()
        own.register()
        names.register()
        own_panels.register()
        step_up.register(reauthentication.ask_at_desk)
        post_migrate.connect(catalogue.synchronize, sender=self)
        receivers.connect()
        checks.register()


class SiteAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "accounts.desk.site.SiteAdmin"
