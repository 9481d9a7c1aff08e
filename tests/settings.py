"""Settings of the test runs: SQLite in a file, or TEST_DATABASE_URL and TEST_REDIS_URL when they are set."""

import os

os.environ["DEBUG"] = "true"
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")
for variable in (
    "SECRET_KEY",
    "CREDENTIALS_KEY",
    "EMAIL_URL",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "LOG_FORMAT",
    "HSTS_SECONDS",
    "HSTS_SUBDOMAINS",
    "SESSION_HOURS",
    "LOGIN_FAILURES",
    "LOGIN_LOCK_MINUTES",
    "LOGIN_FAILURES_PER_ADDRESS",
    "PREVIEWS_PER_MINUTE",
    "READY_TOKEN",
    "METRICS_TOKEN",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "READY_ADDRESSES",
    "SSO_HEADER",
    "SSO_PROXIES",
    "API_DOCS_PUBLIC",
    "PASSWORD_WORDS",
    "SESSION_IDLE_MINUTES",
    "SSO_SECOND_FACTOR",
    "PASSKEY_HOST",
    "PORTAL_URL",
    "OUTGOING_INTERNAL_HOSTS",
):
    os.environ.pop(variable, None)

from automationhub.settings import *  # noqa: E402, F403
from automationhub.settings import BASE_DIR, DATABASES, Q_CLUSTER  # noqa: E402

DEBUG = False
SECRET_KEY = "test-only"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Found when they are asked for: WhiteNoise would look through all static files anew for each test's client.
WHITENOISE_AUTOREFRESH = True
# Each test empties its cache, which with a Redis would take everybody's queues away.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# A queue of its own, so that a test run never wakes (or is woken by) a real cluster on the same Redis.
Q_CLUSTER = {**Q_CLUSTER, "name": f"hub-test-{os.getpid()}"}

if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file, because threads and processes of a test must see the same database as the test.
    DATABASES["default"]["TEST"] = {"NAME": str(BASE_DIR / "var" / f"test-{os.getpid()}.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
