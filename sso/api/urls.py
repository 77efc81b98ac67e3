from django.urls import include, path, re_path

from orgs.models import SLUG
from sso.api import connections, methods, organizations, sign_in

app_name = "sso-api"

organization_urlpatterns = [
    path("own-sign-in", organizations.OwnSignIn.as_view(), name="own-sign-in"),
]

urlpatterns = [
    re_path(rf"^orgs/(?P<slug>{SLUG})/", include(organization_urlpatterns)),
    path("login/methods", methods.LoginMethods.as_view(), name="login-methods"),
    path("login/social", sign_in.SocialSignIn.as_view(), name="login-social"),
    path("login/social/options", sign_in.SocialSignInOptions.as_view(), name="login-social-options"),
    path("me/connections", connections.Connections.as_view(), name="connections"),
    path("me/connections/options", connections.ConnectionOptions.as_view(), name="connection-options"),
    path("me/connections/<int:pk>", connections.ConnectionView.as_view(), name="connection"),
]
