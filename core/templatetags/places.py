from django import template

from core import places

register = template.Library()
register.filter("with_place", places.with_place)
