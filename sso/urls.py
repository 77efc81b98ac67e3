from django.urls import path

from sso.enterprise import views as enterprise
from sso.social import views

app_name = "sso"

urlpatterns = [
    path("connections/", views.index, name="connections"),
    path("connections/remove/", views.disconnect, name="disconnect"),
    path("connections/<slug:slug>/", views.connect, name="connect"),
    path("sso/", enterprise.choose, name="choose"),
    path("connections/organization/<slug:slug>/", enterprise.connect, name="connect-organization"),
    path("reauthenticate/organization/", enterprise.ask, name="reauthenticate-organization"),
    path("reauthenticate/organization/<slug:slug>/", enterprise.confirm, name="organization-confirm"),
    path("reauthenticate/provider/", views.ask, name="reauthenticate"),
    path("reauthenticate/provider/<slug:slug>/", views.confirm, name="social-confirm"),
    path("with/<slug:slug>/", views.sign_in, name="social-start"),
    path("with/<slug:slug>/callback/", views.come_back, name="social-callback"),
]
