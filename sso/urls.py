from django.urls import path

from sso.social import views

app_name = "sso"

urlpatterns = [
    path("connections/", views.index, name="connections"),
    path("connections/remove/", views.disconnect, name="disconnect"),
    path("connections/<slug:slug>/", views.connect, name="connect"),
    path("reauthenticate/provider/", views.ask, name="reauthenticate"),
    path("reauthenticate/provider/<slug:slug>/", views.confirm, name="social-confirm"),
    path("with/<slug:slug>/", views.sign_in, name="social-start"),
    path("with/<slug:slug>/callback/", views.come_back, name="social-callback"),
]
