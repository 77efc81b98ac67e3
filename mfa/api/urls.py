from django.urls import path

from mfa.api import factors, sign_in

app_name = "mfa-api"

urlpatterns = [
    path("login/mfa", sign_in.Mfa.as_view(), name="login-mfa"),
    path("login/mfa/passkey/options", sign_in.MfaPasskeyOptions.as_view(), name="login-mfa-passkey-options"),
    path("login/passkey", sign_in.PasskeySignIn.as_view(), name="login-passkey"),
    path("login/passkey/options", sign_in.PasskeySignInOptions.as_view(), name="login-passkey-options"),
    path("me/mfa", factors.FactorsView.as_view(), name="factors"),
    path("me/mfa/options", factors.ProofOptions.as_view(), name="proof-options"),
    path("me/mfa/apps", factors.Apps.as_view(), name="apps"),
    path("me/mfa/apps/begin", factors.AppBegin.as_view(), name="app-begin"),
    path("me/mfa/apps/<int:pk>", factors.AppView.as_view(), name="app"),
    path("me/mfa/recovery-codes", factors.RecoveryCodes.as_view(), name="recovery-codes"),
    path("me/mfa/passkeys", factors.Passkeys.as_view(), name="passkeys"),
    path("me/mfa/passkeys/options", factors.PasskeyOptions.as_view(), name="passkey-options"),
    path("me/mfa/passkeys/<int:pk>", factors.PasskeyView.as_view(), name="passkey"),
]
