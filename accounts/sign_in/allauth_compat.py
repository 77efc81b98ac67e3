"""The names of allauth that are not in its documentation. tests/accounts/test_allauth_compat.py pins each one."""

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY as METHODS_KEY
from allauth.account.internal.flows.login import (
    get_authentication_records,
    perform_login,
    record_authentication,
)
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.stages import EmailVerificationStage, LoginStage, LoginStageController

__all__ = [
    "METHODS_KEY",
    "AuthenticationBackend",
    "EmailVerificationStage",
    "LoginStage",
    "LoginStageController",
    "complete_signup",
    "get_authentication_records",
    "perform_login",
    "record_authentication",
]
