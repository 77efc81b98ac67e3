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
from accounts.models import User
from core import client, redirects
from core.models import Priority
from core.outbox.queue import queue
from core.site import absolute

# allauth's name of a mail → ours, under templates/emails/.
MAILS = {
    "account/email/email_confirmation_signup": "verify_email",
    "account/email/email_confirmation": "verify_email",
    "account/email/account_already_exists": "already_registered",
}


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

    def clean_email(self, email: str) -> str:
        return validated(email)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return absolute(reverse("account_confirm_email", args=[emailconfirmation.key]))

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
        user = context.get("user")
        queue(
            MAILS[template_prefix],
            to=email,
            context={"email": email, "link": context.get("activate_url") or context.get("link")},
            person=user.public_id if isinstance(user, User) else None,
            priority=Priority.URGENT,
        )
