from django import template

from core.desk import moments

register = template.Library()
register.filter("moment", moments.when)
