"""The site as a WSGI application. It refuses to start with settings that identity/checks.py refuses."""

import os

from django.core.wsgi import get_wsgi_application

from core.answers import in_one_piece
from core.intake import with_length, without_charset
from identity.checks import refuse_missing_static_files, refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")

application = in_one_piece(with_length(without_charset(get_wsgi_application())))
refuse_unsafe_start()
refuse_missing_static_files()
