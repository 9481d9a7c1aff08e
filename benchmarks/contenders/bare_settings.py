"""A Django project with the hub's packages and without its two applications, pages, checks and handlers."""

from automationhub.settings import *  # noqa: F403
from automationhub.settings import INSTALLED_APPS as _APPS
from automationhub.settings import MIDDLEWARE as _MIDDLEWARE
from automationhub.settings import Q_CLUSTER as _CLUSTER
from automationhub.settings import TEMPLATES as _TEMPLATES

_OURS = ("integrations.", "mappings.")

INSTALLED_APPS = [app for app in _APPS if not app.startswith(_OURS)]
MIDDLEWARE = [name for name in _MIDDLEWARE if not name.startswith(_OURS)]
TEMPLATES = [{**one, "OPTIONS": {**one["OPTIONS"], "builtins": []}} for one in _TEMPLATES]
ROOT_URLCONF = "benchmarks.contenders.bare_urls"
UNFOLD: dict[str, object] = {}
SPECTACULAR_SETTINGS: dict[str, object] = {}
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_CLIENT_IP_CALLABLE = AXES_LOCKOUT_CALLABLE = None
MFA_CLIENT_IP_RESOLVER = None
Q_CLUSTER = {name: value for name, value in _CLUSTER.items() if name != "broker_class"}
