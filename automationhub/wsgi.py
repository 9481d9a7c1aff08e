"""WSGI entry point: `gunicorn automationhub.wsgi`."""

import os

from automationhub.lib.fast_startup import fast_startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automationhub.settings")

with fast_startup():
    from django.core.wsgi import get_wsgi_application

    pages = get_wsgi_application()
    # Only now: the entry point needs the applications to be ready.
    from integrations.api import wsgi_entry

    application = wsgi_entry.before(pages)
