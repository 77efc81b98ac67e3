"""Why what a provider said of somebody does not open an account, in the words of the pages."""

from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import Problem
from sso.linking import Verdict
from sso.social import pages
from sso.social.configuration import Kind, Provider
from sso.social.identity import Identity


class IdentityRefused(Problem):
    """403; `reason` says which it is: known-address, no-address or linked-elsewhere."""

    status = 403
    code = "identity_refused"
    title: str | Promise = _("That does not open an account")

    def __init__(self, provider: Provider, verdict: Verdict, identity: Identity) -> None:
        said = pages.words(provider, verdict, identity)
        super().__init__(said.reason)
        self.title = said.title
        self.members = {"reason": str(verdict)}

    @classmethod
    def example(cls) -> Self:
        provider = Provider("google", "Google", Kind.GOOGLE, "https://accounts.google.com", "", "")
        identity = Identity("google", provider.issuer, "1", email="alice@example.org")
        return cls(provider, Verdict.REFUSE_KNOWN_ADDRESS, identity)
