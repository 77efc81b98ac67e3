"""The private names of allauth that we lean on: an upgrade that moves one fails here, by name."""

from inspect import signature

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import Login

from accounts.sign_in import allauth_compat


def test_a_stage_has_what_ours_override() -> None:
    stage = allauth_compat.LoginStage
    assert callable(stage.handle)
    assert callable(stage.exit)
    assert stage.urlname is None


def test_the_controller_enters_a_stage_by_its_key() -> None:
    assert callable(allauth_compat.LoginStageController.enter)


def test_the_email_stage_keeps_its_key() -> None:
    assert allauth_compat.EmailVerificationStage.key == "verify_email"


def test_authentication_is_recorded_under_a_known_key() -> None:
    assert allauth_compat.METHODS_KEY == "account_authentication_methods"
    assert callable(allauth_compat.record_authentication)
    assert callable(allauth_compat.perform_login)


def test_a_password_is_looked_up_by_address_where_ours_answers() -> None:
    """Ours would be passed over without a word."""
    backend = allauth_compat.AuthenticationBackend
    assert {"email", "password"} <= set(signature(backend._authenticate_by_email).parameters)
    assert callable(backend._check_password)


def test_a_login_knows_who_and_since_when() -> None:
    login = Login(user=None, email="a@example.org")
    assert {"user_pk", "initiated_at", "state"} <= login.serialize().keys()


def test_the_adapter_still_asks_what_ours_answers() -> None:
    asked = [
        "get_login_stages",
        "login",
        "pre_authenticate",
        "get_client_ip",
        "is_safe_url",
        "clean_email",
        "send_account_already_exists_mail",
        "send_mail",
        "send_confirmation_mail",
        "post_login",
    ]
    assert [name for name in asked if not hasattr(DefaultAccountAdapter, name)] == []
