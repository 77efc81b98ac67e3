"""News from the plumbing, for whoever keeps evidence."""

from django.dispatch import Signal

# A request was turned away before any page saw it. Arguments: request, kind ("csrf", "host", "limit"), detail.
request_refused = Signal()
