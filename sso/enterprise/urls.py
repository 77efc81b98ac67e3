from django.urls import URLPattern, URLResolver, include, path, re_path

from orgs.models import SLUG
from sso.enterprise import pages

app_name = "sso-organization"

connection_urlpatterns = [
    path("", pages.connection, name="connection"),
    path("provider/", pages.provider, name="provider"),
    path("by-hand/", pages.by_hand, name="by-hand"),
    path("openid/", pages.openid_provider, name="openid"),
    path("choices/", pages.choices, name="choices"),
    path("try/", pages.try_out, name="try"),
    path("groups/add/", pages.add_group, name="add-group"),
    path("groups/<int:rule>/remove/", pages.remove_group, name="remove-group"),
    path("roll-key/", pages.roll_key, name="roll-key"),
    path("confirm/", pages.confirm, name="confirm"),
    path("remove/", pages.remove, name="remove"),
]

organization_urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.index, name="index"),
    path("new/", pages.new, name="new"),
    path("domains/add/", pages.add_domain, name="add-domain"),
    path("domains/<int:domain>/check/", pages.check_domain, name="check-domain"),
    path("domains/<int:domain>/remove/", pages.remove_domain, name="remove-domain"),
    re_path(rf"^(?P<connection>{SLUG})/", include(connection_urlpatterns)),
]

urlpatterns = [re_path(rf"^(?P<slug>{SLUG})/sso/", include(organization_urlpatterns))]
