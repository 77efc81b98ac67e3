"""Between signing up and being in: the mail, its link and its code."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.flows import email, proof
from accounts.forms import CodeForm, NewPasswordForm
from accounts.models import MailRequest, Proof
from accounts.sign_in import limits
from accounts.sign_in.allauth_compat import EmailVerificationStage, LoginStage, LoginStageController
from accounts.sign_in.stages import waiting_address

GONE = 410


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check_mail(request: HttpRequest) -> HttpResponse:
    """The code is taken only in the browser that signed up, so it cannot be phished for somebody else's sign-in."""
    stage = _pending_stage(request)
    if request.method != "POST" or stage is None:
        return render(request, "account/verification_sent.html", {"form": CodeForm() if stage else None})
    if "resend" in request.POST:
        return _resend(request, stage)
    return _take_code(request, stage)


@login_not_required
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """A GET, such as a mail scanner's, only shows the page; the button in it acts."""
    found = proof.find(token, Proof.Purpose.VERIFY_EMAIL)
    if found is None or not found.is_open:
        return render(request, "account/email_confirm.html", {"found": found}, status=GONE)
    stage = _pending_stage(request)
    here = stage is not None and stage.login.user == found.user
    form = None
    if not here and email.is_first_proof(found.user):
        form = NewPasswordForm(found.user, request.POST if request.method == "POST" else None)
    if request.method != "POST" or (form is not None and not form.is_valid()):
        context = {"found": found, "open": True, "form": form, "account": _account_it_joins(found)}
        return render(request, "account/email_confirm.html", context)
    return _use_link(request, token, form, stage if here else None)


def _account_it_joins(found: Proof) -> str:
    """The main address of an account that has others already; of a new one there is nothing to tell."""
    return "" if found.email == found.user.email else str(found.user.email)


def _use_link(
    request: HttpRequest, token: str, form: NewPasswordForm | None, stage: LoginStage | None
) -> HttpResponse:
    new_password = form.cleaned_data["new_password"] if form else None
    user = email.confirm_by_link(request=request, token=token, new_password=new_password)
    if user is None:
        found = proof.find(token, Proof.Purpose.VERIFY_EMAIL)
        return render(request, "account/email_confirm.html", {"found": found}, status=GONE)
    return _go_on(stage)


def _take_code(request: HttpRequest, stage: LoginStage) -> HttpResponse:
    limits.before_code(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        address = waiting_address(stage)
        code = form.cleaned_data["code"]
        if email.confirm_by_code(request=request, user=stage.login.user, email=address, code=code):
            return _go_on(stage)
        form.refuse()
    return render(request, "account/verification_sent.html", {"form": form})


def _resend(request: HttpRequest, stage: LoginStage) -> HttpResponse:
    """Sends again what the sign-up sent, which is another mail for a known address, and says the same."""
    email.ask(MailRequest.Kind.RESEND, request=request, email=waiting_address(stage))
    return render(request, "account/verification_sent.html", {"form": CodeForm(), "sent_again": True})


def _go_on(stage: LoginStage | None) -> HttpResponse:
    if stage is None:
        return redirect("account_login")
    response: HttpResponse = stage.exit()
    return response


def _pending_stage(request: HttpRequest) -> LoginStage | None:
    return LoginStageController.enter(request, EmailVerificationStage.key)
