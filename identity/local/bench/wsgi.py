"""For sites that are not ours: identity.wsgi would refuse their settings."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
