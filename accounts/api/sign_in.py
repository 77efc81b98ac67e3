"""The ways in, the ways to an account, and the ways back to one; each by the flows of the pages."""

from typing import Any, ClassVar

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers

from accounts.addresses import LIMIT, validated
from accounts.api import wishes
from accounts.api.endpoint import PUBLIC, Endpoint, operation, reply
from accounts.api.problems import (
    CodeRefused,
    LinkOver,
    NewPasswordNeeded,
    OriginUnproved,
    SignUpClosed,
    WrongCredentials,
)
from accounts.api.wishes import SignInInput, Tokens
from accounts.flows import email as email_flow
from accounts.flows import mail_sign_in, password, proof, registration, sign_up, without_password
from accounts.forms import PASSWORD_LIMIT, NewPasswordForm, SignUpForm
from accounts.models import MailRequest, Proof, User
from accounts.sign_in import limits, programs
from accounts.sign_in.allauth_compat import EmailVerificationStage, complete_signup
from accounts.sign_in.lockout import LockedOut
from accounts.sign_in.programs import (
    AccountDisabled,
    AccountLocked,
    AddressUnproved,
    BeginAgain,
    TermsToAccept,
)
from accounts.sign_in.stages import waiting_address
from core import digests
from core.api.fields import Flag, Input, Output, Secret, Text, invalid_form, invalid_value
from core.errors import Missing, TooMany

DEMANDS = [
    AddressUnproved,
    TermsToAccept,
    AccountDisabled,
    AccountLocked,
    BeginAgain,
    OriginUnproved,
    TooMany,
]


class Address(Text):
    """In our spelling of it, or 422."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"max_length": LIMIT, **how})

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return validated(text)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages, code="invalid") from error


class Password(Secret):
    def __init__(self, **how: Any) -> None:
        super().__init__(**{"max_length": PASSWORD_LIMIT, **how})


class Token(Text):
    """Of a link in a mail."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"max_length": 64, **how})


class Code(Text):
    """Of a mail; spaces, hyphens and small letters are forgiven."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"max_length": 20, **how})


class LoginInput(SignInInput):
    samples: ClassVar = {
        "A program": ("email", "password"),
        "A program that wants less": ("email", "password", "scope"),
        "A page in a browser": {
            "email": "alice@example.org",
            "password": "an untold story of nine lamps",
            "transport": wishes.COOKIE,
        },
    }

    email = Text(max_length=LIMIT)
    password = Password()


class CodeAskInput(Input):
    email = Address()


class CodeConfirmInput(SignInInput):
    samples: ClassVar = {"Request": ("email", "challenge", "code")}

    email = Address()
    challenge = Token()
    code = Code()


class RegisterInput(SignInInput):
    samples: ClassVar = {"Request": ("email", "password", "accept_terms")}

    email = Address()
    password = Password()
    accept_terms = Flag(default=False, help_text="Has to be true where this site has terms.")


class VerifyInput(Input):
    alternatives = (("token",), ("challenge", "code"))
    samples: ClassVar = {
        "With the code": ("challenge", "code"),
        "With the token of the link": ("challenge", "token"),
        "Without a challenge": ("token", "new_password"),
    }

    token = Token(required=False, help_text="Of the link in the mail; or the code, with the challenge.")
    code = Code(required=False)
    challenge = Token(required=False, help_text="From the answer to registering or signing in.")
    new_password = Password(
        required=False,
        help_text="For a new account whose sign-up was elsewhere: whoever reads the mail chooses it.",
    )


class ChallengeInput(Input):
    challenge = Token()


class ResetInput(Input):
    email = Address()


class ResetConfirmInput(Input):
    alternatives = (("token",), ("email", "challenge", "code"))
    samples: ClassVar = {
        "With the code": ("email", "challenge", "code", "new_password"),
        "With the token of the link": ("token", "new_password"),
    }

    token = Token(required=False, help_text="Of the link in the mail; or email, challenge and code.")
    email = Address(required=False)
    challenge = Token(required=False)
    code = Code(required=False)
    new_password = Password()


class Challenge(Output):
    challenge = serializers.CharField(help_text="Goes with the code in the mail; good for nothing else.")


class OriginProof(Output):
    csrf_token = serializers.CharField(help_text="For the header X-CSRFToken.")


class Csrf(Endpoint):
    @operation(
        "Get what proves that a page of this site is asking",
        PUBLIC,
        gives=OriginProof,
        cookie="Has to come along with what is sent in the header.",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """For pages in a browser that use the transport `cookie`."""
        return wishes.with_origin_proof(request, lambda token: reply({"csrf_token": token}))


class Login(Endpoint):
    @operation(
        "Sign in with a password",
        PUBLIC,
        takes=LoginInput,
        gives=Tokens,
        refuses=[WrongCredentials, LockedOut, *DEMANDS],
        demands=True,
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """Whoever has a second factor gets a challenge for `login/mfa` instead of tokens."""
        wishes.prepare(request, data)
        user = get_adapter().authenticate(request, email=data["email"], password=data["password"])
        if user is None:
            raise WrongCredentials
        return programs.sign_in(request, user=user, method="password")


class LoginCode(Endpoint):
    @operation(
        "Have a code mailed to sign in with",
        PUBLIC,
        takes=CodeAskInput,
        gives=Challenge,
        refuses=[Missing],
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> dict[str, Any]:
        """The same answer for every address. Where the site does not offer it: 404."""
        _require_mail_sign_in()
        limits.before_mail(request)
        secret = digests.new_token()
        mail_sign_in.ask(request=request, email=data["email"], secret=secret)
        return {"challenge": secret}


class LoginCodeConfirm(Endpoint):
    @operation(
        "Sign in with the code from the mail",
        PUBLIC,
        takes=CodeConfirmInput,
        gives=Tokens,
        refuses=[CodeRefused, Missing, *DEMANDS],
        demands=True,
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """It is a first factor: whoever has a second one is asked for it all the same."""
        _require_mail_sign_in()
        limits.before_code(request)
        wishes.prepare(request, data)
        user = mail_sign_in.by_code(
            email=data["email"], secret=data["challenge"], code=proof.normal_code(data["code"])
        )
        if user is None:
            raise CodeRefused
        return programs.sign_in(request, user=user, method=mail_sign_in.METHOD)


class Register(Endpoint):
    @operation(
        "Make an account",
        PUBLIC,
        takes=RegisterInput,
        gives=Challenge,
        status=202,
        refuses=[SignUpClosed, OriginUnproved, TooMany],
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """The same answer whether or not the address has an account. A mail follows: its code, brought with the
        challenge, confirms the address and signs in."""
        if not registration.has_page():
            raise SignUpClosed
        wishes.prepare(request, data)
        fields = {"email": data["email"], "password1": data["password"], "accept": data["accept_terms"]}
        form = SignUpForm(data=fields)
        if not form.is_valid():
            raise invalid_form(form.errors.as_data(), {"password1": "password", "accept": "accept_terms"})
        sign_up.start(request=request, form=form, proceed=lambda form: _register(request, form))
        return reply({"challenge": programs.challenge_of(request)}, 202)


class EmailVerify(Endpoint):
    @operation(
        "Confirm an address",
        PUBLIC,
        takes=VerifyInput,
        gives=Tokens,
        refuses=[CodeRefused, LinkOver, NewPasswordNeeded, *DEMANDS],
        demands=True,
        also={204: "Confirmed, without a challenge: there is no body."},
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """With the challenge of a sign-up or sign-in that waits for it, that goes on: tokens. Without: 204."""
        limits.before_code(request)
        if "challenge" not in data:
            return _verify_elsewhere(request, data)
        stage = wishes.enter(request, challenge=data["challenge"], stage=EmailVerificationStage.key)
        user, address = stage.login.user, waiting_address(stage)
        if "token" in data:
            token = data["token"]
            confirmed = _is_of(token, user) and bool(
                email_flow.confirm_by_link(request=request, token=token, new_password=None)
            )
        else:
            code = proof.normal_code(data["code"])
            confirmed = email_flow.confirm_by_code(request=request, user=user, email=address, code=code)
        if not confirmed:
            raise CodeRefused
        return programs.resume(request, stage)


class EmailResend(Endpoint):
    @operation(
        "Have the mail sent again", PUBLIC, takes=ChallengeInput, status=202, refuses=[BeginAgain, TooMany]
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        stage = programs.enter(request, challenge=data["challenge"], stage=EmailVerificationStage.key)
        email_flow.ask(MailRequest.Kind.RESEND, request=request, email=waiting_address(stage))
        return reply({}, 202)


class PasswordReset(Endpoint):
    @operation(
        "Have a mail sent to choose a new password",
        PUBLIC,
        takes=ResetInput,
        gives=Challenge,
        status=202,
        refuses=[TooMany],
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        """The same answer for every address."""
        limits.before_reset(request)
        return reply({"challenge": password.ask_reset(request=request, email=data["email"])}, 202)


class PasswordResetConfirm(Endpoint):
    @operation(
        "Choose a new password with what was mailed",
        PUBLIC,
        takes=ResetConfirmInput,
        status=204,
        refuses=[CodeRefused, LinkOver, TooMany],
    )
    def post(self, request: HttpRequest, data: dict[str, Any]) -> None:
        """It signs nobody in, and skips no second factor. Everything that was open before has ended."""
        limits.before_code(request)
        chosen = data["new_password"]
        try:
            if "token" in data:
                user = _user_of_reset(data["token"])
                _check_password(chosen, user)
                if not password.reset_by_link(request=request, token=data["token"], new_password=chosen):
                    raise LinkOver
                return
            email, secret = data["email"], data["challenge"]
            _check_password(chosen, User(email=email))
            code = proof.normal_code(data["code"])
            if not password.reset_by_code(
                request=request, email=email, secret=secret, code=code, new_password=chosen
            ):
                raise CodeRefused
        except ValidationError as error:
            raise invalid_value("new_password", error) from error


def _require_mail_sign_in() -> None:
    if not settings.SIGN_IN_BY_MAIL:
        raise Missing


def _register(request: HttpRequest, form: SignUpForm) -> HttpResponse:
    user, answered = form.try_save(request)
    return answered or complete_signup(request, user=user)


def _verify_elsewhere(request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
    """Without the program that signed up: whoever reads the mail says what opens the account from now on."""
    found = proof.find(data["token"], Proof.Purpose.VERIFY_EMAIL)
    if found is None or not found.is_open:
        raise LinkOver
    new_password = None
    if email_flow.is_first_proof(found.user):
        if "new_password" not in data:
            raise NewPasswordNeeded
        new_password = data["new_password"]
        _check_password(new_password, found.user)
    if not email_flow.confirm_by_link(request=request, token=data["token"], new_password=new_password):
        raise LinkOver
    return reply(None)


def _is_of(token: str, user: User | None) -> bool:
    found = proof.find(token, Proof.Purpose.VERIFY_EMAIL)
    return found is not None and user is not None and found.user_id == user.pk


def _user_of_reset(token: str) -> User:
    found = proof.find(token, password.RESET)
    if found is None or not found.is_open or without_password.of(found.user):
        raise LinkOver
    return found.user


def _check_password(chosen: str, user: User) -> None:
    form = NewPasswordForm(user, {"new_password": chosen})
    if not form.is_valid():
        raise invalid_form(form.errors.as_data())
