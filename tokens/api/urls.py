from django.urls import path

from tokens.api import keys, sign_in

app_name = "tokens-api"

urlpatterns = [
    path("refresh", sign_in.Refresh.as_view(), name="refresh"),
    path("logout", sign_in.Logout.as_view(), name="logout"),
    path("logout/all", sign_in.LogoutAll.as_view(), name="logout-all"),
    path("token/verify", sign_in.Verify.as_view(), name="verify"),
    path("token/introspect", sign_in.Introspect.as_view(), name="introspect"),
    path("me/keys", keys.Keys.as_view(), name="keys"),
    path("me/keys/<uuid:public_id>", keys.KeyView.as_view(), name="key"),
    path("me/keys/<uuid:public_id>/rotate", keys.KeyRotate.as_view(), name="key-rotate"),
    path("keys/report", keys.KeyReport.as_view(), name="key-report"),
]
