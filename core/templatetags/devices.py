from django import template

from core import client

register = template.Library()
register.filter("device_name", client.device_in_words)
