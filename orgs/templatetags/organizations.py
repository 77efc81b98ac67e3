from django import template

from orgs import words
from orgs.flows import invitations

register = template.Library()
register.filter("duration", words.duration)
register.filter("changed_field", words.field)
register.filter("changed_value", words.value)
register.filter("inviter", invitations.inviter)
