from django.conf import settings
from django.urls import path

from core import views

app_name = "core"

urlpatterns = [path("csp-report", views.csp_report, name="csp-report")]

if settings.DEVELOPMENT_PAGES:
    urlpatterns += [
        path("dev/mailbox/", views.mailbox, name="mailbox"),
        path("dev/mailbox/<int:pk>/", views.mailbox_message, name="mailbox-message"),
        path("dev/mailbox/<int:pk>/html", views.mailbox_html, name="mailbox-html"),
    ]
