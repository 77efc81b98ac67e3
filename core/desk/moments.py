"""Times at the desk: typed and shown by the clock of whoever works there, and with its zone beside them."""

from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def when(moment: datetime | None) -> str:
    if moment is None:
        return ""
    own = timezone.localtime(moment)
    return f"{date_format(own, 'DATETIME_FORMAT')} {date_format(own, 'T')}"


class MomentField(forms.DateTimeField):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        """Whose clock counts is known by then."""
        bound = super().get_bound_field(form, field_name)
        zone = _("By your clock: %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
        bound.help_text = f"{zone} {bound.help_text}".strip()
        return bound
