"""WSGI entry point: `gunicorn automationhub.wsgi`."""

import os

from automationhub.lib.quick_start import quick_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automationhub.settings")

with quick_start():
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
