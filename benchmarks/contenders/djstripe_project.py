"""A project with dj-stripe's webhook endpoint, run by a Python of its own (`benchmarks.djstripe` makes it).

    python djstripe_project.py      migrate, and make the account, its key and the endpoint

The events are of a type for which dj-stripe has no handler of its own, so that it stores them and nothing more. The API
key's account is there already and Stripe's address leads nowhere: nobody is called.
"""

import os
import uuid

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

SECRET = "whsec_benchmark"  # made up
KEY = "sk_test_" + "x" * 24
ENDPOINT = uuid.UUID("00000000-0000-4000-8000-000000000001")


def _database() -> dict:
    url = os.environ["RIVAL_DATABASE"]
    kept = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    if url.startswith("sqlite:"):
        options = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        name = url.removeprefix("sqlite:///")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options, **kept}
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": parts.path.lstrip("/"), "USER": parts.username or "",
        "PASSWORD": parts.password or "", "HOST": parts.hostname or "", "PORT": parts.port or "", **kept,
    }  # fmt: skip


settings.configure(
    SECRET_KEY="benchmark-only",
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "djstripe"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": _database()},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    # The tables as its models are: its hundreds of migrations take minutes.
    MIGRATION_MODULES={"auth": None, "contenttypes": None, "djstripe": None},
    STRIPE_TEST_SECRET_KEY=KEY,
    STRIPE_LIVE_MODE=False,
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
)
django.setup()

import stripe  # noqa: E402

stripe.api_base = "http://127.0.0.1:9"
urlpatterns = [path("stripe/", include("djstripe.urls", namespace="djstripe"))]
application = get_wsgi_application()


def prepare() -> None:
    from djstripe.models import Account, APIKey, WebhookEndpoint

    call_command("migrate", run_syncdb=True, verbosity=0)
    account = Account.objects.create(id="acct_benchmark", livemode=False)
    APIKey.objects.create(
        id="key_benchmark", secret=KEY, type="secret", livemode=False, djstripe_owner_account=account
    )
    WebhookEndpoint.objects.create(
        id="we_benchmark", livemode=False, api_version="2020-08-27", enabled_events=["*"], secret=SECRET,
        status="enabled", url="http://127.0.0.1/", djstripe_uuid=ENDPOINT, djstripe_owner_account=account,
    )  # fmt: skip


if __name__ == "__main__":
    prepare()
