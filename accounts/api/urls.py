from django.urls import path

from accounts.api import me, sign_in

app_name = "accounts-api"

urlpatterns = [
    # First, since it is asked most often.
    path("me", me.MeView.as_view(), name="me"),
    path("csrf", sign_in.Csrf.as_view(), name="csrf"),
    path("register", sign_in.Register.as_view(), name="register"),
    path("email/verify", sign_in.EmailVerify.as_view(), name="email-verify"),
    path("email/resend", sign_in.EmailResend.as_view(), name="email-resend"),
    path("password/reset", sign_in.PasswordReset.as_view(), name="password-reset"),
    path("password/reset/confirm", sign_in.PasswordResetConfirm.as_view(), name="password-reset-confirm"),
    path("password/change", me.PasswordChange.as_view(), name="password-change"),
    path("login", sign_in.Login.as_view(), name="login"),
    path("login/code", sign_in.LoginCode.as_view(), name="login-code"),
    path("login/code/confirm", sign_in.LoginCodeConfirm.as_view(), name="login-code-confirm"),
    path("reauthenticate", me.Reauthenticate.as_view(), name="reauthenticate"),
    path("me/emails", me.Addresses.as_view(), name="emails"),
    path("me/emails/verify", me.AddressVerify.as_view(), name="email-confirm"),
    path("me/emails/<int:pk>", me.AddressView.as_view(), name="email"),
    path("me/sessions", me.Sessions.as_view(), name="sessions"),
    path("me/sessions/<slug:name>", me.SessionView.as_view(), name="session"),
    path("me/activity", me.ActivityView.as_view(), name="activity"),
]
