"""All settings of Automation Hub, from the environment and `.env` (see `.env.example`)."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF, UNSAFE_INLINE
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy

from automationhub.lib.environment import Environment, stop
from automationhub.lib.fast_startup import leave_out_opentelemetry
from automationhub.lib.private_files import make_private_database, make_private_folder

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR / ".env")

DEBUG = env.boolean("DEBUG")

# Development stand-ins: only ever used with DEBUG, where nothing secret is kept.
_DEV_SECRET = "insecure-development-key-never-used-without-debug"  # noqa: S105
_DEV_FERNET = "aW5zZWN1cmUtZGV2ZWxvcG1lbnQta2V5LTMyLWJ5dGU="

SECRET_KEY = env.required(
    "SECRET_KEY", unless=_DEV_SECRET if DEBUG else None, meaning="a long random text that stays the same"
)
CREDENTIALS_KEYS = env.fernet_keys("CREDENTIALS_KEY", unless=_DEV_FERNET if DEBUG else None)

ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "django_q",
    "axes",
    "django_mfa",
    "integrations.apps.IntegrationsConfig",
    "mappings.apps.MappingsConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "automationhub.lib.headers.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "integrations.operations.access.refusals.RefusalsMiddleware",
    "integrations.admin.people.session_watch.SessionWatch",
    "integrations.admin.people.second_factor_gate.SecondFactorGate",
    "integrations.admin.setup.version_watch.VersionWatch",
    "automationhub.lib.time_zone.ReaderTimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "automationhub.urls"
WSGI_APPLICATION = "automationhub.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["automationhub.lib.template_filters", "integrations.admin.shared.trail"],
        },
    },
]

# --- Database -----------------------------------------------------------------------------------------------

for _folder in ("static", "site"):
    make_private_folder(BASE_DIR / "var" / _folder)
_database = env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'var' / 'hub.sqlite3'}")
if "sqlite" in _database["ENGINE"]:
    if _database["NAME"] != ":memory:" and not Path(_database["NAME"]).is_absolute():
        _database["NAME"] = str(BASE_DIR / _database["NAME"])
    if _database["NAME"] != ":memory:":
        make_private_database(Path(_database["NAME"]))
    # IMMEDIATE cures "database is locked" between processes; FULL keeps a 202 promise through a power loss.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    # One session that hangs must not stop the others. A lock is waited for 10 s: no transaction of the hub takes a second.
    # A session that does nothing within a transaction for 30 s is ended by the database, well within the shortest lease
    # (60 s): its process is frozen. A network that swallows everything is noticed within a minute.
    _limits = {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "30s"}
    _given = _database.get("OPTIONS", {})
    _database["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        **_given,
        "options": " ".join(
            [*(f"-c {name}={value}" for name, value in _limits.items()), _given.get("options", "")]
        ).strip(),
    }
DATABASES = {"default": {**_database, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Task queue: it only wakes workers, the truth is in our rows (docs/architecture.md) -----------------------

REDIS_URL = env.redis_url("REDIS_URL")
Q_CLUSTER = {
    "name": env.text("QUEUE_NAME") or "hub",
    "label": "Background work",
    "workers": env.number("Q_WORKERS", 2, least=1),
    "queue_limit": 2,
    # Above the time of the longest order: 1,900 calls (320 lines to 320 addresses) take 13 minutes at 0.4 s, an hour at 2 s.
    # A worker that hangs loses its order's lease after 150 s all the same.
    "timeout": 7200,
    # A killed or prefetched task must not run beside itself: retry > ((2 + 1) / workers + 1) x (timeout + 3 s).
    "retry": 30_000,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "poll": 0.3,
    "bulk": 1,
    "catch_up": False,
    "recycle": 200,
    "max_rss": 400_000,
    "guard_cycle": 0.5,
    # Workers take nothing but the hub's own tasks from the queue (integrations/core/workqueue/queue_guard.py).
    **(
        {"redis": REDIS_URL, "broker_class": "integrations.core.workqueue.queue_guard.RedisQueue"}
        if REDIS_URL
        else {"orm": "default", "broker_class": "integrations.core.workqueue.queue_guard.DatabaseQueue"}
    ),
}

# --- Cache: only counts of limits, which processes share when there is a Redis -------------------------------------

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "hub",
        # A Redis that hangs must not hold up a webhook.
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "hub"}
}

# --- Calls to Pace and Pressero -------------------------------------------------------------------------------

# Seconds without a sign of an answer after which a call is given up. An order's lease (core/workqueue/orders.py) is made
# for at most 30.
ANSWER_TIMEOUT = env.number("ANSWER_TIMEOUT", 30, least=1, most=30)

# --- Mail -----------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", "automation-hub@localhost")
EMAIL_IS_CONFIGURED = bool(env.text("EMAIL_URL"))
_mail = env.mail("EMAIL_URL", "consolemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST", ""), _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER", ""), _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH")
EMAIL_TIMEOUT = 20

# --- Messages and events to others ------------------------------------------------------------------------------

# Where people reach the portal, for links in mails and messages (automationhub/lib/portal.py); "": no links.
PORTAL_URL = env.origin("PORTAL_URL")
# What stands before amounts in the portal; Pressero sends none.
CURRENCY_SIGN = env.text("CURRENCY_SIGN") or "$"
# What lies inside and may be reached by subscriptions and alert channels all the same.
OUTGOING_INTERNAL_HOSTS = env.hosts_or_networks("OUTGOING_INTERNAL_HOSTS")

# --- Language, time, static files -----------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
# One language for everybody: what the hub records (timeline, causes, mails) is written once and quoted from one colleague to
# another, so a portal in the reader's language would be two languages on one page.
USE_I18N = True
LANGUAGES = [("en", "English")]
USE_TZ = True
FORMAT_MODULE_PATH = "automationhub.formats"
TIME_ZONE = env.time_zone("TIME_ZONE")

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# A process started before `collectstatic` still serves its pages whole.
WHITENOISE_USE_FINDERS = True
# The documents, under /docs/, once `make docs` has built them.
WHITENOISE_ROOT = BASE_DIR / "var" / "site"
WHITENOISE_INDEX_FILE = True

# --- Access ---------------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    # Only 187 of Django's 20,000 have the 12 characters that are asked for. These are the 15,000 most used that do.
    {
        "NAME": "django.contrib.auth.password_validation.CommonPasswordValidator",
        "OPTIONS": {"password_list_path": BASE_DIR / "automationhub" / "lib" / "common_passwords.txt.gz"},
    },
    {
        "NAME": "automationhub.lib.passwords.ContextWordsValidator",
        "OPTIONS": {"words": ["Automation Hub", "Pressero", "Aleyant", *env.words("PASSWORD_WORDS")]},
    },
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Invitations are good for a long weekend and the workday after it; the link is in a mailbox for as long.
INVITATION_DAYS = 4
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24 * INVITATION_DAYS
LOGIN_URL = reverse_lazy("admin:login")
# Where a login ends whose `next` is missing, or leads to another host.
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: whoever is locked out is asked no further
    "django.contrib.auth.backends.ModelBackend",
]
# A name is refused for a while, from the address from which it was tried too often. Counted in the database, so that all
# web processes agree.
AXES_FAILURE_LIMIT = env.number("LOGIN_FAILURES", 5, least=1)
LOGIN_LOCK_MINUTES = env.number("LOGIN_LOCK_MINUTES", 15, least=1)
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCK_MINUTES)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# All names from one address together, against one password tried on many names. Of an office of a hundred behind
# one address, who all log in within the same 15 minutes, a fifth may mistype: most of them then succeed, which takes
# their failures off the count. Thirty that stay are a machine, and it gets no further than 120 guesses an hour.
LOGIN_FAILURES_PER_ADDRESS = env.number("LOGIN_FAILURES_PER_ADDRESS", 30, least=0)
AXES_HANDLER = "integrations.operations.access.login_limits.LoginHandler"
AXES_CLIENT_IP_CALLABLE = "integrations.operations.access.logins.counted_address"
AXES_LOCKOUT_CALLABLE = "integrations.admin.people.logins.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # the audit log has the logins
AXES_ENABLE_ADMIN = False  # the portal has its own page
AXES_VERBOSE = False

# Logins by a reverse proxy that has checked who somebody is (docs/security.md, "Single sign-on"): off unless both are set.
SSO_HEADER, SSO_PROXIES = env.header("SSO_HEADER"), env.networks("SSO_PROXIES")
if bool(SSO_HEADER) != bool(SSO_PROXIES):
    stop("SSO_HEADER", "and SSO_PROXIES go together: the header that names the user, and who may send it")
if SSO_HEADER:
    _after = MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware") + 1
    MIDDLEWARE.insert(_after, "automationhub.lib.single_sign_on.ProxyUserMiddleware")
    AUTHENTICATION_BACKENDS.append("automationhub.lib.single_sign_on.ProxyUserBackend")

# Whether users whom the proxy has logged in are asked for the hub's second factor too.
SSO_SECOND_FACTOR = env.boolean("SSO_SECOND_FACTOR")

# The second factor (docs/security.md). Its three kinds are registered in integrations/operations/access/second_factor.py.
MFA_FACTORS: list[str] = []
MFA_ISSUER_NAME = MFA_FIDO2_RP_NAME = "Automation Hub"
# Passkeys are tied to one host name for good: the one that people type. At others they are not offered.
MFA_FIDO2_RP_ID = [
    *env.hosts("PASSKEY_HOST"),
    *(str(urlsplit(origin).hostname) for origin in CSRF_TRUSTED_ORIGINS),
    *(host.strip(".*") for host in ALLOWED_HOSTS if host.strip(".*")),
    "localhost",
][0]
# As many wrong codes as wrong passwords, of a user and of an address; counted in the database, for all processes.
MFA_VERIFY_RATE_LIMIT = f"{AXES_FAILURE_LIMIT}/{LOGIN_LOCK_MINUTES}m"
MFA_VERIFY_IP_RATE_LIMIT = (
    f"{LOGIN_FAILURES_PER_ADDRESS}/{LOGIN_LOCK_MINUTES}m" if LOGIN_FAILURES_PER_ADDRESS else None
)
MFA_CLIENT_IP_RESOLVER = "integrations.operations.access.logins.counted_address"
MFA_RATE_LIMIT_FAIL_OPEN = False
# Their owner is told by email of factors set up or removed and of recovery codes used.
MFA_NOTIFY_ON_CHANGE = EMAIL_IS_CONFIGURED
# Factors are changed by who has confirmed one within these minutes.
MFA_STEPUP_MAX_AGE = 60 * 10

SESSION_ENGINE = "integrations.operations.access.session_store"
# Minutes without a page after which people log in again; 0: only SESSION_HOURS ends a session.
SESSION_IDLE_MINUTES = env.number("SESSION_IDLE_MINUTES", 60, least=0, most=60 * 24 * 30)
SESSION_COOKIE_AGE = 60 * 60 * env.number("SESSION_HOURS", 12, least=1, most=24 * 30)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # not Strict: a link in an alert's mail opens the order
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
# Behind https (the trusted origins say so) nothing travels in the clear, and browsers are told to remember that.
_HTTPS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
if _HTTPS:
    # No other host of the same domain can plant a cookie with this prefix.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^api/health/", r"^metrics$"]  # asked inside the plant, without the proxy
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 31_536_000, least=0, most=315_360_000) * _HTTPS
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("HSTS_SUBDOMAINS")
# Preloading is a decision for a whole domain, made on a list of the browsers' makers, not by one portal on it.
# django_mfa.E002: a host name without passkeys is no fault. E003: a passkey is the second factor here, never a login of its
# own, which would need a backend.
SILENCED_SYSTEM_CHECKS = ["security.W021", "django_mfa.E002", "django_mfa.E003"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# What a page may load and run (docs/security.md says why each exception is there). No inline script runs anywhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "style-src-attr": [UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# Our reverse proxies in a row; each adds the address that called it to X-Forwarded-For.
PROXY_COUNT = env.number("PROXY_COUNT", 0, least=0)

WEBHOOK_MAX_BYTES = 1024 * 1024
WEBHOOK_CALLS_PER_MINUTE = env.number("WEBHOOK_CALLS_PER_MINUTE", 12_000, least=0)
WEBHOOK_EVENTS_PER_MINUTE = env.number("WEBHOOK_EVENTS_PER_MINUTE", 12_000, least=0)
WEBHOOK_REFUSALS_PER_MINUTE = env.number("WEBHOOK_REFUSALS_PER_MINUTE", 60, least=0)
# Each preview calls Pressero and Pace; of one user, by the API and the portal together. 0: no limit.
PREVIEWS_PER_MINUTE = env.number("PREVIEWS_PER_MINUTE", 20, least=0)
# Whether the API's description is for everyone who can reach the hub, not only for users and tokens.
API_DOCS_PUBLIC = env.boolean("API_DOCS_PUBLIC")
# Who may read names and last errors in the answer of the readiness check.
READY_TOKEN = env.text("READY_TOKEN")
READY_ADDRESSES = env.networks("READY_ADDRESSES") or ["127.0.0.0/8", "::1/128"]
# Prometheus reads /metrics with this token; without one the address answers 404.
METRICS_TOKEN = env.token("METRICS_TOKEN")
# Traces go there (docs/monitoring.md); empty: none are made. OpenTelemetry reads its other variables itself.
TRACES_ENDPOINT = env.traces_endpoint()
if not TRACES_ENDPOINT:
    leave_out_opentelemetry()
# Days that things are kept of finished orders; 0: for ever (docs/privacy.md).
KEEP_AUDIT_DAYS = env.number("KEEP_AUDIT_DAYS", 365, least=0)
KEEP_WEBHOOK_DAYS = env.number("KEEP_WEBHOOK_DAYS", 90, least=0)
KEEP_PERSONAL_DAYS = env.number("KEEP_PERSONAL_DAYS", 0, least=0)

# Hosts and networks of the plant that links of artwork may lead to; all other internal ones are refused. On a
# development machine the files may be on it.
ARTWORK_INTERNAL_HOSTS = env.hosts_or_networks("ARTWORK_INTERNAL_HOSTS") or (
    ["localhost", "127.0.0.0/8", "::1"] if DEBUG else []
)
# Genuine events older than this are marked as late; 0: none is.
WEBHOOK_LATE_HOURS = env.number("WEBHOOK_LATE_HOURS", 168, least=0)
# The webhook view measures and refuses by itself, with a clear 413.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["integrations.api.authentication.HubTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "NUM_PROXIES": PROXY_COUNT,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "integrations.api.unavailable.answer",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Automation Hub",
    "DESCRIPTION": "Receives webhooks; shows orders and their timelines.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [
        "integrations.api.authentication.HubTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",  # the browser that shows /api/docs/
    ],
    "SERVE_PERMISSIONS": ["integrations.api.permissions.MayReadDescription"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

# --- Logs -----------------------------------------------------------------------------------------------------

LOG_FORMAT = env.choice("LOG_FORMAT", "text", ("text", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "automationhub.lib.logs.LineFormatter",
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{asctime}{levelname}{name}{message}",
            "style": "{",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "filters": {"facts": {"()": "automationhub.lib.logs.AddFacts"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["facts"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # django-q tells of every task; what happens to orders our own modules say.
        # Of logins our own module tells, without what was typed.
        "axes": {"handlers": [], "level": "ERROR", "propagate": True},
        "django-q": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}

# --- The admin's looks ----------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Automation Hub",
    "SITE_HEADER": "Automation Hub",
    "SITE_SUBHEADER": gettext_lazy("Pressero orders to Pace jobs"),
    "SITE_SYMBOL": "hub",
    "SITE_ICON": lambda request: static("hub/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("hub/favicon.svg")}
    ],
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": None,
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("hub/admin.css"), lambda request: static("hub/search.css")],
    "SCRIPTS": [
        lambda request: static("hub/admin.js"),
        lambda request: static("hub/copy.js"),
        lambda request: static("hub/palette.js"),
        lambda request: static("hub/keys.js"),
        lambda request: static("hub/run.js"),
        lambda request: static("hub/rehearse.js"),
        lambda request: static("hub/toast.js"),
        lambda request: static("hub/desk.js"),
        lambda request: static("hub/live.js"),
        lambda request: static("hub/in_place.js"),
    ],
    "DASHBOARD_CALLBACK": "integrations.admin.monitoring.home.dashboard",
    # A calm teal; white text on 600 and darker keeps its contrast.
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(60% .118 184.704)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(43.7% .078 188.216)",
            "800": "oklch(38.6% .063 188.416)",
            "900": "oklch(33% .055 190)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
    "ACCOUNT": {"navigation": "integrations.admin.people.second_factor.own_pages"},
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "integrations.admin.shared.navigation.sidebar",
    },
}
