"""WSGI entry point: `gunicorn automationhub.wsgi`."""

import os

from automationhub.lib.quick_start import quick_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automationhub.settings")

with quick_start():
    from django.core.wsgi import get_wsgi_application

    pages = get_wsgi_application()
    # Only now: the door needs the applications to be ready.
    from integrations.api import front_door

    application = front_door.before(pages)
