from django import template

from orgs import words

register = template.Library()
register.filter("duration", words.duration)
register.filter("changed_field", words.field)
register.filter("changed_value", words.value)
