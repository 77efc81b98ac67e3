from django.urls import include, path, re_path

from orgs.models import SLUG
from sso.openid import views

app_name = "sso-openid"

connection_urlpatterns = [
    path("login/", views.login, name="login"),
    path("callback/", views.callback, name="callback"),
    path("logout/", views.logout, name="logout"),
]

urlpatterns = [re_path(rf"^(?P<slug>{SLUG})/", include(connection_urlpatterns))]
