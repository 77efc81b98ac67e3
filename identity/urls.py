"""Every address of the site. /livez, /readyz and /metrics are answered earlier, by core.health."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.api import documents
from accounts.urls import entrance_urlpatterns
from accounts.views import home
from orgs.views import discovery

urlpatterns = [
    # First, since it is asked most often.
    path("api/auth/", include("accounts.api.urls")),
    path("api/auth/", include("tokens.api.urls")),
    path("api/auth/", include("orgs.api.urls")),
    path("api/auth/", include("mfa.api.urls")),
    path("api/auth/", include("sso.api.urls")),
    path("api/schema/", documents.SchemaView.as_view(), name="api-schema"),
    path("api/docs/", documents.page, name="api-docs"),
    # As the other addresses of the API are written.
    path(
        "api/schema",
        login_not_required(RedirectView.as_view(pattern_name="api-schema")),
        name="api-schema-shorter",
    ),
    path(
        "api/docs", login_not_required(RedirectView.as_view(pattern_name="api-docs")), name="api-docs-shorter"
    ),
    re_path("^api/", documents.Nowhere.as_view(), name="api-nowhere"),
    path("", home.welcome, name="welcome"),
    path("account/", include("accounts.urls")),
    path("account/", include(entrance_urlpatterns)),
    path("account/", include("sso.urls")),
    path("sso/saml/", include("sso.saml.urls")),
    path("sso/openid/", include("sso.openid.urls")),
    path("orgs/", include("sso.enterprise.urls")),
    path("orgs/", include("orgs.urls")),
    path(".well-known/authzen-configuration", discovery.authzen, name="authzen-configuration"),
    path("account/mfa/", include("mfa.urls")),
    path("admin/", admin.site.urls),
    path("", include("tokens.urls")),
    path("", include("core.urls")),
]

handler400 = "core.errors.bad_request"
handler403 = "core.errors.permission_denied"
handler404 = "core.errors.not_found"
handler500 = "core.errors.server_error"
