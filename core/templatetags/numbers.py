from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """12,345, with what the reader's language puts between thousands."""
    return number_format(number, force_grouping=True)
