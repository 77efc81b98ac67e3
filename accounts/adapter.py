"""Where allauth asks us: which stages a sign-in passes, how mail leaves, what an address looks like."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from accounts import limits
from accounts.addresses import validated
from accounts.flows import email as email_flow
from accounts.models import User
from core import client, redirects
from core.models import Priority
from core.outbox.queue import queue
from core.site import absolute

# allauth's name of a mail → ours, under templates/emails/.
MAILS = {"account/email/account_already_exists": "already_registered"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def get_login_stages(self) -> list[str]:
        return list(settings.SIGN_IN_STAGES)

    def login(self, request: HttpRequest, user: User) -> None:
        """The one place where a session becomes somebody's; the audit row is written with it or not at all."""
        with transaction.atomic():
            super().login(request, user)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        limits.before_password(request, account=credentials.get("email", ""))

    def get_client_ip(self, request: HttpRequest) -> str:
        return client.address(request)

    def is_safe_url(self, url: str | None) -> bool:
        return redirects.safe(url) is not None

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages are pages: allauth's JSON twin of each is a second interface that nobody would look after."""
        return False

    def clean_email(self, email: str) -> str:
        return validated(email)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Our own link and code: those of allauth cannot be used up, nor told from each other."""
        email_flow.send_verification(address=emailconfirmation.email_address, facts=client.facts(request))

    def should_send_confirmation_mail(
        self, request: HttpRequest, email_address: EmailAddress, signup: bool
    ) -> bool:
        return limits.may_mail(request, address=email_address.email)

    def send_account_already_exists_mail(self, email: str) -> None:
        if limits.may_mail(self.request, address=email):
            self.send_mail(
                "account/email/account_already_exists", email, {"link": absolute(reverse("account_login"))}
            )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        queue(MAILS[template_prefix], to=email, context={"link": context["link"]}, priority=Priority.URGENT)
