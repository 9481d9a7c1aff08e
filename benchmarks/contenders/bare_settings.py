"""A Django project with the hub's packages and without its two applications, pages and checks."""

from automationhub.settings import *  # noqa: F403
from automationhub.settings import INSTALLED_APPS as _ALL

INSTALLED_APPS = [app for app in _ALL if not app.startswith(("integrations.", "mappings."))]
ROOT_URLCONF = "benchmarks.contenders.bare_urls"
UNFOLD: dict[str, object] = {}
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
AXES_CLIENT_IP_CALLABLE = AXES_LOCKOUT_CALLABLE = None
