from django.urls import path, re_path

from accounts.views import (
    addresses,
    alerts,
    entrance,
    home,
    impersonation,
    invitations,
    mail_sign_in,
    password,
    profile,
    reauthentication,
    sessions,
    verification,
)

app_name = "accounts"
LINK = r"(?P<token>[-\w]{43})"

urlpatterns = [
    path("", home.home, name="home"),
    path("sessions/", sessions.index, name="sessions"),
    path("sessions/end/", sessions.end, name="end-session"),
    path("sessions/end-others/", sessions.end_others, name="end-other-sessions"),
    path("profile/", profile.profile, name="profile"),
    path("activity/", profile.activity, name="activity"),
    path("language/", profile.choose_language, name="choose-language"),
    path("addresses/", addresses.index, name="addresses"),
    path("addresses/add/", addresses.add, name="add-address"),
    path("addresses/confirm/", addresses.confirm, name="confirm-address"),
    path("addresses/make-main/", addresses.make_primary, name="make-address-main"),
    path("addresses/remove/", addresses.remove, name="remove-address"),
    re_path(rf"^addresses/undo/{LINK}/$", alerts.undo_email_change, name="undo-email-change"),
    re_path(rf"^not-me/{LINK}/$", alerts.disown, name="disown-sign-in"),
    re_path(rf"^unlock/{LINK}/$", alerts.unlock, name="unlock-sign-in"),
    path("login/mail/", mail_sign_in.ask, name="mail-sign-in"),
    path("login/mail/code/", mail_sign_in.take_code, name="mail-sign-in-code"),
    re_path(rf"^login/mail/{LINK}/$", mail_sign_in.open_link, name="mail-sign-in-link"),
    path("locked/", alerts.locked, name="locked"),
    path("impersonation/end/", impersonation.end, name="end-impersonation"),
    path("signed-out/", home.signed_out, name="signed-out"),
]

# allauth looks these up by its own names, without a namespace.
entrance_urlpatterns = [
    path("login/", entrance.sign_in, name="account_login"),
    path("logout/", entrance.sign_out, name="account_logout"),
    path("signup/", entrance.sign_up_view, name="account_signup"),
    re_path(rf"^signup/invited/{LINK}/$", invitations.sign_up, name="account_signup_invited"),
    path("terms/", entrance.terms, name="account_terms"),
    path("inactive/", entrance.inactive, name="account_inactive"),
    path("password/reset/", password.ask_reset, name="account_reset_password"),
    path("password/reset/code/", password.reset_by_code, name="account_reset_password_done"),
    re_path(
        rf"^password/reset/{LINK}/$",
        password.reset_by_link,
        name="account_reset_password_from_key",
    ),
    path("reauthenticate/", reauthentication.ask, name="account_reauthenticate"),
    path("password/change/", password.change, name="account_change_password"),
    path("confirm-email/", verification.check_mail, name="account_email_verification_sent"),
    re_path(rf"^confirm-email/{LINK}/$", verification.open_link, name="account_confirm_email"),
]
