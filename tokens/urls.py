from django.urls import include, path, re_path

from orgs.models import SLUG
from tokens.views import jwks, keys, services

app_name = "tokens"

organization_urlpatterns = [
    path("", services.index, name="services"),
    path("new/", services.new, name="new-service"),
    path("<uuid:service>/", services.detail, name="service"),
    path("<uuid:service>/edit/", services.edit, name="edit-service"),
    path("<uuid:service>/disable/", services.disable, name="disable-service"),
    path("<uuid:service>/enable/", services.enable, name="enable-service"),
    path("<uuid:service>/delete/", services.delete, name="delete-service"),
    path("<uuid:service>/credentials/new/", services.add_credential, name="new-credential"),
    path("<uuid:service>/credentials/<uuid:credential>/end/", services.end_credential, name="end-credential"),
]

urlpatterns = [
    path(".well-known/jwks.json", jwks.jwks, name="jwks"),
    path("account/keys/", keys.index, name="keys"),
    path("account/keys/new/", keys.make, name="make-key"),
    path("account/keys/<uuid:public_id>/replace/", keys.rotate, name="rotate-key"),
    path("account/keys/<uuid:public_id>/end/", keys.end, name="end-key"),
    re_path(rf"^orgs/(?P<slug>{SLUG})/services/", include(organization_urlpatterns)),
]
