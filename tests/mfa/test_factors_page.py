"""What somebody can show, and every change of it: proved afresh, written down, told, and the end of what it spared."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from mfa.models import Authenticator, RecoveryCode, TrustedBrowser
from tests.conftest import forget_when, sign_in
from tests.mfa.conftest import ADD, CHALLENGE, FACTORS, RENEW, Phone, give_phone, password_again
from tests.outbox import mails

pytestmark = pytest.mark.django_db
PROVE = "/account/mfa/prove/"


def remove_page(phone: Phone) -> str:
    return f"/account/mfa/app/{phone.row.pk}/remove/"


def rename_page(phone: Phone) -> str:
    return f"/account/mfa/app/{phone.row.pk}/rename/"


def test_it_is_in_the_menu_after_the_password(as_alice: Client) -> None:
    page = as_alice.get("/account/").text
    assert page.index("/account/password/change/") < page.index(FACTORS) < page.index("/account/sessions/")


def test_somebody_without_a_factor_is_advised_to_have_one(as_alice: Client, alice: User) -> None:
    assert "A second one, on your phone, stops them." in as_alice.get("/account/").text
    assert ADD in as_alice.get(FACTORS).text
    give_phone(alice)
    assert "A second one, on your phone" not in as_alice.get("/account/").text


def test_it_lists_each_app_with_its_name(inside: Client, phone: Phone) -> None:
    give_phone(phone.user, "Tablet")
    page = inside.get(FACTORS).text
    assert "Phone" in page
    assert "Tablet" in page
    assert "not used yet" in page


def test_it_shows_no_secret(inside: Client, phone: Phone, saved: list[str]) -> None:
    page = inside.get(FACTORS).text
    assert phone.secret not in page
    assert not any(code in page for code in saved)


def test_an_app_can_be_renamed(inside: Client, phone: Phone) -> None:
    assert 'value="Phone"' in inside.get(rename_page(phone)).text
    assert inside.post(rename_page(phone), {"name": " Old\nphone "})["Location"] == FACTORS
    assert phone.row.name == "Old phone"
    event = Event.objects.get(action=Action.FACTOR_RENAME)
    assert (event.actor, event.data) == (phone.user.public_id, {"factor": "app"})


def test_one_of_several_can_be_removed(inside: Client, phone: Phone, saved: list[str]) -> None:
    tablet = give_phone(phone.user, "Tablet")
    assert "Its codes are not taken any more." in inside.get(remove_page(tablet)).text
    assert inside.post(remove_page(tablet))["Location"] == FACTORS
    assert [app.name for app in Authenticator.objects.all()] == ["Phone"]
    assert RecoveryCode.objects.count() == 10
    assert "Tablet" in mails(message="factor_removed").get().text
    assert Event.objects.filter(action=Action.FACTOR_REMOVE).count() == 1


def test_removing_the_last_one_says_what_it_means(inside: Client, phone: Phone, saved: list[str]) -> None:
    assert "whoever learns your password gets in" in inside.get(remove_page(phone)).text
    assert Authenticator.objects.exists()
    inside.post(remove_page(phone))
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert mails(message="second_step_off").count() == 1
    assert "The second step is off." in inside.get(FACTORS).text
    assert sign_in(Client(), phone.user)["Location"] == "/account/"


def test_pressing_twice_is_no_mistake_of_ours(inside: Client, phone: Phone) -> None:
    page = remove_page(phone)
    inside.post(page)
    assert inside.post(page).status_code == 404


@pytest.mark.parametrize("page", [remove_page, rename_page])
@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_elses_app_is_not_there(inside: Client, charlie: User, page: Any, method: str) -> None:
    his = give_phone(charlie)
    assert getattr(inside, method)(page(his), {"name": "mine"}).status_code == 404
    assert his.row.name == "Phone"


# --- A fresh factor -------------------------------------------------------------------------------------


def changes(phone: Phone) -> list[tuple[str, str]]:
    return [
        ("get", ADD),
        ("post", ADD),
        ("get", RENEW),
        ("post", RENEW),
        ("get", remove_page(phone)),
        ("post", remove_page(phone)),
    ]


@pytest.mark.parametrize("which", range(6))
def test_a_change_asks_for_a_fresh_factor(inside: Client, phone: Phone, saved: list[str], which: int) -> None:
    forget_when(inside, 601)
    method, path = changes(phone)[which]
    before = (Authenticator.objects.count(), set(RecoveryCode.objects.values_list("pk", flat=True)))
    answer = getattr(inside, method)(path, {"code": phone.code(), "name": "x"})
    assert answer["Location"].startswith(f"{PROVE}?next=%2Faccount%2Fmfa%2F")
    assert before == (Authenticator.objects.count(), set(RecoveryCode.objects.values_list("pk", flat=True)))


@pytest.mark.parametrize("which", range(6))
def test_the_password_alone_is_not_enough_for_it(inside: Client, phone: Phone, which: int) -> None:
    forget_when(inside, 601)
    assert password_again(inside).status_code == 302
    method, path = changes(phone)[which]
    assert getattr(inside, method)(path)["Location"].startswith(PROVE)


def test_nor_is_a_browser_that_is_remembered(inside: Client, phone: Phone) -> None:
    inside.post("/account/logout/")
    sign_in(inside, phone.user)
    inside.post(CHALLENGE, {"code": phone.code(1), "remember": "1"})
    inside.post("/account/logout/")
    assert sign_in(inside, phone.user)["Location"] == "/account/"
    assert inside.get(ADD)["Location"].startswith(PROVE)


def test_so_does_a_name(inside: Client, phone: Phone) -> None:
    forget_when(inside, 601)
    password_again(inside)
    assert inside.get(rename_page(phone))["Location"].startswith(PROVE)


def test_a_program_is_told_so(inside: Client) -> None:
    forget_when(inside, 601)
    answer = inside.post(RENEW, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "reauthentication_required")


@pytest.mark.parametrize(
    "path", [FACTORS, ADD, RENEW, PROVE, "/account/mfa/app/1/remove/", "/account/mfa/browsers/forget/"]
)
def test_it_is_for_signed_in_people_only(client: Client, db: Any, path: str) -> None:
    assert client.get(path)["Location"].startswith("/account/login/")


# --- It ends what it spared -------------------------------------------------------------------------------


def add_another(client: Client, phone: Phone) -> None:
    client.get(ADD)
    secret = client.get(ADD).text.partition("secret=")[2][:32]
    assert client.post(ADD, {"code": Phone(phone.user, secret).code(), "name": "x"}).status_code == 302


@pytest.mark.parametrize(
    "change",
    [
        add_another,
        lambda client, phone: client.post(RENEW),
        lambda client, phone: client.post(remove_page(give_phone(phone.user))),
        lambda client, phone: client.post(remove_page(phone)),
    ],
)
def test_a_change_ends_remembered_browsers(inside: Client, phone: Phone, bob: User, change: Any) -> None:
    other, his = Client(), Client()
    for client, owner in ((other, phone), (his, give_phone(bob))):
        sign_in(client, owner.user)
        client.post(CHALLENGE, {"code": owner.code(1), "remember": "1"})
    assert TrustedBrowser.objects.count() == 2
    change(inside, phone)
    assert TrustedBrowser.objects.get().user == bob
