from django.urls import include, path, re_path

from orgs.models import SLUG
from tokens.api import keys, services, sign_in, token

app_name = "tokens-api"
HERE = "service-accounts"
ONE = f"{HERE}/<uuid:service>"

organization_urlpatterns = [
    path(HERE, services.Services.as_view(), name="services"),
    path(ONE, services.ServiceView.as_view(), name="service"),
    path(f"{ONE}/disable", services.Disable.as_view(), name="disable-service"),
    path(f"{ONE}/enable", services.Enable.as_view(), name="enable-service"),
    path(f"{ONE}/credentials", services.Credentials.as_view(), name="credentials"),
    path(f"{ONE}/credentials/<uuid:credential>", services.CredentialView.as_view(), name="credential"),
]

urlpatterns = [
    path("refresh", sign_in.Refresh.as_view(), name="refresh"),
    path("logout", sign_in.Logout.as_view(), name="logout"),
    path("logout/all", sign_in.LogoutAll.as_view(), name="logout-all"),
    path("token", token.Token.as_view(), name="token"),
    path("token/verify", sign_in.Verify.as_view(), name="verify"),
    path("token/introspect", sign_in.Introspect.as_view(), name="introspect"),
    path("me/keys", keys.Keys.as_view(), name="keys"),
    path("me/keys/<uuid:public_id>", keys.KeyView.as_view(), name="key"),
    path("me/keys/<uuid:public_id>/rotate", keys.KeyRotate.as_view(), name="key-rotate"),
    path("keys/report", keys.KeyReport.as_view(), name="key-report"),
    re_path(rf"^orgs/(?P<slug>{SLUG})/", include(organization_urlpatterns)),
]
