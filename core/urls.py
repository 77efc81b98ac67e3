from django.conf import settings
from django.urls import path

from core import development, views

app_name = "core"

urlpatterns = [
    path("csp-report", views.csp_report, name="csp-report"),
    path("favicon.ico", views.favicon, name="favicon"),
]

if settings.DEVELOPMENT_PAGES:
    urlpatterns += [
        path("dev/mailbox/", development.mailbox, name="mailbox"),
        path("dev/mailbox/<int:pk>/", development.mailbox_message, name="mailbox-message"),
        path("dev/mailbox/<int:pk>/html", development.mailbox_html, name="mailbox-html"),
        path("dev/mails/", development.previews, name="mail-previews"),
        path("dev/mails/<slug:message>/<slug:language>", development.preview, name="mail-preview"),
    ]
