from django.urls import path, re_path

from mfa.views import (
    apps,
    browsers,
    challenge,
    enrolment,
    factors,
    passkeys,
    passwordless,
    prove,
    recovery,
    reset,
)

app_name = "mfa"

urlpatterns = [
    path("", challenge.challenge, name="challenge"),
    path("lost/", challenge.lost, name="lost"),
    path("prove/", prove.prove, name="prove"),
    path("enrol/", enrolment.enrol, name="enrol"),
    path("enrol/app/", enrolment.app, name="enrol-app"),
    path("enrol/passkey/", enrolment.passkey, name="enrol-passkey"),
    path("enrol/codes/", enrolment.download, name="enrol-codes"),
    path("enrol/done/", enrolment.finish, name="enrol-done"),
    path("required/", enrolment.required, name="required"),
    path("factors/", factors.index, name="factors"),
    path("passkeys/question/", passkeys.question, name="passkey-question"),
    path("passkeys/sign-in/", passkeys.sign_in, name="passkey-sign-in"),
    path("passkeys/add/", passkeys.add, name="add-passkey"),
    path("passkeys/<int:pk>/rename/", passkeys.rename, name="rename-passkey"),
    path("passkeys/<int:pk>/remove/", passkeys.remove, name="remove-passkey"),
    path("passwordless/", passwordless.remove, name="passwordless"),
    path("passwordless/end/", passwordless.set_one, name="set-password"),
    re_path(r"^recover/(?P<token>[-\w]{43})/$", passwordless.recover, name="recover"),
    re_path(r"^reset/(?P<token>[-\w]{43})/$", reset.use, name="use-reset"),
    re_path(r"^reset/cancel/(?P<token>[-\w]{43})/$", reset.cancel, name="cancel-reset"),
    path("app/add/", apps.add, name="add-app"),
    path("app/<int:pk>/rename/", apps.rename, name="rename-app"),
    path("app/<int:pk>/remove/", apps.remove, name="remove-app"),
    path("recovery/renew/", recovery.renew, name="renew-codes"),
    path("recovery/download/", recovery.download, name="download-codes"),
    path("browsers/forget/", browsers.forget, name="forget-browser"),
]
