from tests.sso.saml.conftest import acme_org, connection, globex, idp  # noqa: F401 - fixtures
