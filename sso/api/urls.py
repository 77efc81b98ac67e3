from django.urls import path

from sso.api import connections, sign_in

app_name = "sso-api"

urlpatterns = [
    path("login/social", sign_in.SocialSignIn.as_view(), name="login-social"),
    path("login/social/options", sign_in.SocialSignInOptions.as_view(), name="login-social-options"),
    path("me/connections", connections.Connections.as_view(), name="connections"),
    path("me/connections/options", connections.ConnectionOptions.as_view(), name="connection-options"),
    path("me/connections/<int:pk>", connections.ConnectionView.as_view(), name="connection"),
]
