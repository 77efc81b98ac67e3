from django.urls import include, path, re_path

from orgs.models import SLUG
from sso.saml import views

app_name = "sso-saml"
TICKET = r"(?P<ticket>[-\w]{43})"

connection_urlpatterns = [
    path("metadata/", views.describe, name="metadata"),
    path("login/", views.login, name="login"),
    path("acs/", views.acs, name="acs"),
    path("sls/", views.sls, name="sls"),
    re_path(rf"^finish/{TICKET}/$", views.finish, name="finish"),
]

urlpatterns = [re_path(rf"^(?P<slug>{SLUG})/", include(connection_urlpatterns))]
