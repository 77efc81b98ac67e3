"""The lists of this app at the desk. Its login is the site's own pipeline: see accounts.desk.site."""

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import bulk, locks, mails, people, roles, sessions

# Addresses are proved by mail and belong to their person: no second desk for them.
admin.site.unregister(EmailAddress)
# Stock forms would let staff grant themselves what they do not hold.
admin.site.unregister(Group)

__all__ = ["bulk", "locks", "mails", "people", "roles", "sessions"]
