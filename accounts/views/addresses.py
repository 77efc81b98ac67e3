"""The page of a person's addresses."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.flows import addresses, email
from accounts.forms import AddAddressForm, CodeForm
from accounts.pages.requests import SignedInRequest
from accounts.sign_in import limits
from accounts.sign_in.reauthentication import fresh_sign_in_required

PAGE = "accounts:addresses"


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    return _page(request)


@require_POST
@fresh_sign_in_required(back_to=PAGE)
def add(request: SignedInRequest) -> HttpResponse:
    form = AddAddressForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    if not addresses.add(request=request, user=request.user, email=form.cleaned_data["email"]):
        form.refuse(addresses.LIMIT)
        return _page(request, form=form)
    messages.success(request, _("We have sent a mail to that address. Open its link, or type its code here."))
    return redirect(PAGE)


@require_POST
def confirm(request: SignedInRequest) -> HttpResponse:
    limits.before_code(request)
    form = CodeForm(request.POST)
    address = request.POST.get("email", "")
    if form.is_valid():
        code = form.cleaned_data["code"]
        if email.confirm_by_code(request=request, user=request.user, email=address, code=code):
            return redirect(PAGE)
        form.refuse()
    return _page(request, code_form=form, code_for=address)


@require_POST
@fresh_sign_in_required(back_to=PAGE)
def make_primary(request: SignedInRequest) -> HttpResponse:
    chosen = addresses.make_primary(request=request, user=request.user, address_id=_chosen(request))
    if chosen is not None:
        messages.success(request, _("%(email)s is now your main address.") % {"email": chosen.email})
    return redirect(PAGE)


@require_POST
@fresh_sign_in_required(back_to=PAGE)
def remove(request: SignedInRequest) -> HttpResponse:
    chosen = addresses.remove(request=request, user=request.user, address_id=_chosen(request))
    if chosen is not None:
        messages.success(request, _("%(email)s is removed.") % {"email": chosen.email})
    return redirect(PAGE)


def _page(
    request: SignedInRequest,
    *,
    form: AddAddressForm | None = None,
    code_form: CodeForm | None = None,
    code_for: str = "",
) -> HttpResponse:
    rows = [
        {
            "address": address,
            "code_form": code_form
            if address.email == code_for
            else CodeForm(auto_id=f"code_{address.pk}_%s"),
        }
        for address in addresses.of(request.user)
    ]
    # Shown also in answer to a POST, whose own address cannot be opened.
    context = {"rows": rows, "form": form or AddAddressForm(request.user), "page_address": reverse(PAGE)}
    return render(request, "accounts/addresses.html", context)


def _chosen(request: HttpRequest) -> int:
    try:
        return int(request.POST["address"])
    except (KeyError, ValueError) as error:
        raise Http404 from error
