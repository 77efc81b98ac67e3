import pytest

from sso.saml import keys
from tests.sso.saml.conftest import acme_org, connection, globex, idp  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def small_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the site's own: large ones take long to find. How large they are otherwise says tests/sso/saml."""
    monkeypatch.setattr(keys, "KEY_BITS", 2048)
