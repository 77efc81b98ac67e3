"""Why a sign-in through a provider came to nothing, as its reader and the audit log see it.

SignInFailed           the reason is a word for the log
├── Expired            400  no sign-in of this browser is waiting for that answer
├── AnswerRefused      400  the answer is not what the protocol demands
└── ProviderDown       503  no answer in time, or none that can be read
"""

from typing import Self

from django.utils.translation import gettext_lazy as _

from core.errors import Problem

RETRY_AFTER = 30


class SignInFailed(Problem):
    code = "sign_in_failed"

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    @classmethod
    def example(cls) -> Self:
        return cls("example")


class Expired(SignInFailed):
    status = 400
    code = "provider_sign_in_expired"
    title = _("Please start again")
    detail = _(
        "This sign-in was begun in another browser, more than ten minutes ago, or it is finished already. "
        "Nothing was changed."
    )


class AnswerRefused(SignInFailed):
    status = 400
    code = "provider_answer_refused"
    title = _("This answer cannot be trusted")
    detail = _(
        "The provider's answer does not prove who you are, so nobody was signed in. Please try again; if it happens "
        "again, tell the people who run this site."
    )


class ProviderDown(SignInFailed):
    status = 503
    code = "provider_unavailable"
    title = _("The provider does not answer")
    detail = _(
        "Nobody was signed in. Please try again in a while, or sign in another way: all others still work."
    )
    retry_after = RETRY_AFTER
