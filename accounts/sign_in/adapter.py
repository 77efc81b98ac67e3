"""Where allauth asks us: which stages a sign-in passes, how mail leaves, what an address looks like."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import access
from accounts.addresses import validated
from accounts.flows import email as email_flow
from accounts.flows import mail_requests, sessions
from accounts.models import MailRequest, User
from accounts.pages import preferences
from accounts.session import limits as session_limits
from accounts.session.store import SessionStore
from accounts.sign_in import browsers, limits, lockout, programs
from accounts.sign_in.stages import begin_again
from core import client, redirects


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def get_login_stages(self) -> list[str]:
        return list(settings.SIGN_IN_STAGES)

    def new_user(self, request: HttpRequest) -> User:
        return User(language=preferences.language_to_keep())

    def login(self, request: HttpRequest, user: User) -> None:
        """The one place where a session becomes somebody's; the audit row is written with it or not at all."""
        is_first = user.last_login is None
        with transaction.atomic():
            _come_in(request, user)
            if programs.is_one(request):
                is_new = programs.let_in(request, user)
                lockout.forgive(request, user)
            else:
                is_new = self._begin_session(request, user)
            if is_new and not is_first:
                mail_requests.ask(MailRequest.Kind.NEW_SIGN_IN, request=request, email=user.email, user=user)

    def _begin_session(self, request: HttpRequest, user: User) -> bool:
        """Whether this browser is new to them."""
        browser, is_new = browsers.note(request, user)
        if isinstance(request.session, SessionStore):
            request.session.begin(
                strict=user.is_staff, limits=session_limits.of(user, request), browser_id=browser.pk
            )
        super().login(request, user)
        sessions.keep_within_limit(user)
        # allauth says the same later on: said before the session is saved, it need not be saved twice.
        request.session.set_expiry(settings.SESSION_COOKIE_AGE)
        # Not left to the end of the request: until it is a row with a name, nobody can end it.
        request.session.save()
        return is_new

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> Any:
        if programs.is_one(request):
            # They have their answer, and there is no page to go to.
            return None
        response = super().post_login(request, user, **kwargs)
        browsers.leave_cookie(request, response)
        return response

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
        kind = MailRequest.Kind.SIGN_UP if signup else MailRequest.Kind.RESEND
        email_flow.ask(kind, request=request, email=emailconfirmation.email_address.email)

    def send_account_already_exists_mail(self, email: str) -> None:
        email_flow.ask(MailRequest.Kind.SIGN_UP, request=self.request, email=email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every mail is one of ours and goes through the outbox; a flow that wants another is not one of ours."""
        raise NotImplementedError(template_prefix)


def _come_in(request: HttpRequest, user: User) -> None:
    """Access may have ended after the stages looked. From here on, whoever ends it waits for the session.

    Django notes the time of a sign-in as well; receivers.connect() stops that, so that it is one statement.
    """
    unchanged = User.objects.filter(pk=user.pk, **{field: getattr(user, field) for field in access.ENDS})
    user.last_login = timezone.now()
    if not unchanged.update(last_login=user.last_login):
        raise ImmediateHttpResponse(begin_again(request))
