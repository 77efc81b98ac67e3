"""What the admin site shows of connections. Providers and tokens have tables in allauth that stay empty: no desk."""

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin

from core.admin import ReadOnlyAdmin

admin.site.unregister(SocialApp)
admin.site.unregister(SocialToken)
admin.site.unregister(SocialAccount)


@admin.register(SocialAccount)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "provider", "date_joined", "last_login", "extra_data")
    ordering = ("-id",)
