"""Django's settings. Every value that differs between installations comes from the environment.

What is long and never differs stands in modules beside this one, by subject.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from saas import embedded
from saas.audited import AUDITED_MODELS
from saas.database import database
from saas.log_in import *  # noqa: F403
from saas.logs import logging_config
from saas.messaging import celery_settings
from saas.permissions import TENANT_ROLE_PERMISSIONS  # noqa: F401
from saas.policies import CONTENT_SECURITY_POLICY  # noqa: F401  # a setting of django-csp
from saas.processes import LOGIN_VARIABLES, kind_of_process
from saas.rights import DATABASE_FUNCTIONS, DATABASE_RIGHTS, TABLES_READ_BY_BEAT  # noqa: F401
from saas.secret import fallback_keys, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", False)
HTTPS = env.bool("HTTPS", not DEBUG)
SECRET_KEY = secret_key(
    env.str("SECRET_KEY", ""),
    debug=DEBUG,
    # Production writes nothing beside the code, so it does not even look for a place.
    file=(embedded.state_dir() if DEBUG else BASE_DIR) / "secret_key",
)
SECRET_KEY_FALLBACKS = fallback_keys(env.list("SECRET_KEY_FALLBACKS", default=[]))

# Hosts ---------------------------------------------------------------------------------------
BASE_DOMAIN = env.str("BASE_DOMAIN", "localhost").lower().rstrip(".")
# The tenant middleware answers only hosts that have a Domain row, whatever they are called.
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = False
#: Which sites this process answers for: all, tenants or platform, which may have a process of its own.
SITES = env.str("SITES", "all")
if SITES not in {"all", "tenants", "platform"}:
    raise ImproperlyConfigured(f"SITES is '{SITES}': use all, tenants or platform.")
#: How many requests of one tenant a process answers at a time; gunicorn.conf.py gives half its threads.
TENANT_REQUESTS_AT_ONCE = env.int("TENANT_REQUESTS_AT_ONCE", 4)
#: Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
#: Log lines name the address found by it, and no header such as X-Real-IP.
IPWARE_META_PRECEDENCE_ORDER = ["REMOTE_ADDR"]
#: How links in mails and on the console begin and where they go: the host is the tenant's own.
SITE_SCHEME = "https" if HTTPS else "http"
SITE_PORT = "" if HTTPS or not env.str("PORT", "") else f":{env.int('PORT')}"
ROOT_URLCONF = "saas.urls_tenant"
PUBLIC_SCHEMA_URLCONF = "saas.urls_platform"
WSGI_APPLICATION = "saas.wsgi.application"

# Apps ----------------------------------------------------------------------------------------
#: In every schema, so that each tenant has failed log-ins and second factors of its own.
SECURITY_APPS = ["axes", "django_otp", "django_otp.plugins.otp_totp"]
# Ours come before django_tenants, whose `migrate_schemas` we extend; django_tenants comes after
# the admin, whose templates it would otherwise replace with ones that carry inline styles.
SHARED_APPS = [
    "tenants",
    "tenants.accounts",
    "tenants.audit",
    "auditlog",
    "scheduling.agenda",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Without autodiscovery: saas/sites.py says which model is shown on which of the two sites.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.staticfiles",
    "django_structlog",
    "django_celery_beat",
    *SECURITY_APPS,
    "django_tenants",
]
TENANT_APPS = [
    "tenants.accounts",
    "tenants.audit",
    "tenants.branding",
    "auditlog",
    "orders",
    "scheduling",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django_celery_beat",
    *SECURITY_APPS,
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
AUTH_USER_MODEL = "accounts.User"

MIDDLEWARE = [
    # First, so that every answer has these headers, whoever gives it.
    "saas.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "saas.request_size.RequestSizeMiddleware",
    "saas.client_address.ClientAddressMiddleware",
    "saas.health.HealthMiddleware",
    "tenants.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "tenants.accounts.middleware.TimeZoneMiddleware",
    "tenants.audit.middleware.AuditMiddleware",
    "saas.request_log.RequestLogMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "saas" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenants.branding.showing.branding",
            ]
        },
    }
]

# Names by which one app is told of another, so that none imports it -----------------------------
#: Called in a new tenant's schema with the tenant; each must be safe to repeat.
TENANT_PROVISIONING_STEPS = ["scheduling.seeding.seed_tenant_schedules"]
#: Called in the public schema at the end of `migrate_schemas`; each must be safe to repeat.
PLATFORM_SEEDING_STEPS = [
    "scheduling.agenda.limits.tell_postgres_defaults",
    "scheduling.seeding.seed_platform_schedules",
    "scheduling.agenda.partitions.make_partitions_now",
]
#: Called with the request and the instant when a tenant's first page is made; see saas/home.py.
HOME_PARTS = ["scheduling.home.part", "orders.home.part"]
#: How long that page remembers what takes a while to count; it says of when it is.
HOME_REMEMBERED_SECONDS = 60
#: Called with a tenant; returns what it calls itself, on one line.
TENANT_DISPLAY_NAME = "tenants.branding.naming.display_name"
#: Called every night with the instant in each schema, and in tenants' alone; a repeat finds nothing.
HOUSEKEEPING_STEPS = ["tenants.accounts.pruning.prune", "tenants.audit.retention.forget"]
TENANT_HOUSEKEEPING_STEPS = [
    "orders.uploads.forget_old_files",
    "tenants.branding.logos.sweep",
    "scheduling.undoing.finish_begun",
    "scheduling.retention.forget_old_runs",
]

#: Modules of tenants' apps that speak SQL, and why each may; a check reports all others.
RAW_SQL_ALLOWED = {
    "orders/counting.py": "counts a bounded number of orders; fixed text, values as parameters",
    "orders/import_preview.py": "compares what is staged with what is stored; fixed statements",
    "orders/importing.py": "COPY into a staging table; fixed statements, values as parameters",
    "orders/undoing.py": "reopens a batch in one statement; fixed text, values as parameters",
    "orders/windows.py": "closes a window of orders in one statement; fixed, values as parameters",
    "scheduling/claiming.py": "asks Postgres where names lead, writes a run or locks it; fixed text",
    "scheduling/ending.py": "ends a run and tells its schedule in one statement",
    "scheduling/hindrances.py": "asks Postgres whether the schema is still there",
    "tenants/audit/actors.py": "goes from name to name by an index; fixed text",
}

# Audit -----------------------------------------------------------------------------------------
AUDITLOG_LOGENTRY_MODEL = "audit.Entry"
AUDITLOG_INCLUDE_TRACKING_MODELS = AUDITED_MODELS
AUDITLOG_STORE_JSON_CHANGES = AUDITLOG_USE_FK_STRING_REPRESENTATION = True
# Its own table would stand empty in every schema.
MIGRATION_MODULES = {"auditlog": None}
AUDIT_RETENTION_DAYS = env.int("AUDIT_RETENTION_DAYS", 365)
#: Tables in every schema of which the role of a tenant can change and delete nothing.
APPEND_ONLY_TABLES = ["audit_entry"]

# Database ------------------------------------------------------------------------------------
PROCESS = kind_of_process()
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "")
_given_urls = {kind: env.str(name, "") for kind, name in LOGIN_VARIABLES.items()}
_database_url = _given_urls.pop("owner") or _given_urls.get(PROCESS, "")
if not (_database_url and CELERY_BROKER_URL):
    _services = embedded.running() or embedded.borrow()
    _database_url = _database_url or _services["DATABASE_URL"]
    CELERY_BROKER_URL = CELERY_BROKER_URL or _services["CELERY_BROKER_URL"]

DATABASES = {"default": database(_database_url, PROCESS, _given_urls)}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
    }
}

# Time and language -----------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
#: Each by its own name. One more is a line here and a catalogue: see CONTRIBUTING.md.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
#: One catalogue for all apps, so that a word of the glossary is translated once, and pages of saas/ too.
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "saas.formats"

# Web -------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "saas" / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# The demo and the tests serve static files from the apps, with no collectstatic step.
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
_cookie_prefix = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_cookie_prefix}sessionid"
CSRF_COOKIE_NAME = f"{_cookie_prefix}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "tenants.accounts.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "no-referrer"  # pages excepted: see saas/headers.py
X_FRAME_OPTIONS = "DENY"

# Files -----------------------------------------------------------------------------------------
STORAGES = {
    "default": {"BACKEND": "saas.storage.PrivateStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = env.path(
    "MEDIA_ROOT", default=str((embedded.state_dir() if DEBUG else BASE_DIR) / "media")
)()
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
# Always to disk: memory is spared, and an import reads a file.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
ORDER_FILE_MAXIMUM_BYTES = env.int("ORDER_FILE_MAXIMUM_BYTES", 10 * 1024**2)
LOGO_MAXIMUM_BYTES = 200 * 1024
ORDER_FILE_RETENTION_DAYS = env.int("ORDER_FILE_RETENTION_DAYS", 90)
#: The only addresses to which more than a form may be sent.
UPLOAD_PATHS = ["/admin/orders/orderfile/add/", "/admin/branding/branding/1/change/"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024**2  # bytes of a form without its files
DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES = 1000, 1

# Log-in: passwords and lock-outs are in saas/log_in.py ------------------------------------------
#: A tenant's owner decides for that tenant's people; this is for the platform's staff.
STAFF_SECOND_FACTOR_REQUIRED = not DEBUG

# Mail ------------------------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"Tenantbeat <no-reply@{BASE_DOMAIN}>")
EMAIL_TIMEOUT = 10  # seconds
#: Who of the platform is told when runs are missed.
ALARM_EMAILS = env.list("ALARM_EMAILS", default=[])
#: A schedule that was told of, missed or well again, is not told of again before this.
ALARM_MAIL_EVERY_SECONDS = env.int("ALARM_MAIL_EVERY_SECONDS", 3600)
#: How often a worker looks for runs that are missed.
ALARM_EVERY_SECONDS = env.float("ALARM_EVERY_SECONDS", 60.0)

# Tasks ------------------------------------------------------------------------------------------
# Three limits for tenants for which staff decided nothing else: scheduling/agenda/limits.py. Postgres
# is told them by `migrate_schemas`.
#: Firings that one tenant may have planned, published or running; its further slots wait.
FIRINGS_IN_FLIGHT_MAXIMUM = env.int("FIRINGS_IN_FLIGHT_MAXIMUM", 10)
#: How many schedules a tenant may have, and how often one may fire.
SCHEDULES_MAXIMUM = env.int("SCHEDULES_MAXIMUM", 20)
LEAST_INTERVAL_SECONDS = env.int("LEAST_INTERVAL_SECONDS", 60)
#: What holds for a schedule whose tenant chose nothing else; see scheduling/policies.py.
SCHEDULE_POLICIES = {
    "catch_up": "once",
    "catch_up_window": 24 * 3600,  # seconds
    "overlap": "skip",
    "retries": 3,
    "gap": "shift",
    "repeat": "first",
    "spread_minutes": 0,
    "alarm_after": env.int("ALARM_AFTER_SECONDS", 15 * 60),
}
#: How long a run of many steps goes on before it gives way to others that wait for a worker.
RUN_SLICE_SECONDS = env.float("RUN_SLICE_SECONDS", 1.0)
#: How long the ledger keeps a settled firing, in whole days after its slot's; a message that is
#: delivered again comes within hours.
FIRINGS_KEPT_DAYS = env.int("FIRINGS_KEPT_DAYS", 2)
#: How long a tenant's runs are kept, unless it chooses otherwise.
RUNS_KEPT_DAYS = env.int("RUNS_KEPT_DAYS", 400)
#: For how long after its end a run can be undone.
RUN_UNDO_DAYS = env.int("RUN_UNDO_DAYS", 7)
#: Above how many things a run is held for approval, and how many times the median of how many runs
#: before that closed something, of the latest such ones; see scheduling/braking.py.
BRAKE = {"least": 100, "factor": 10, "runs": 5, "latest": 20}
#: For how long a held run waits for somebody to decide.
HELD_RUN_DAYS = env.int("HELD_RUN_DAYS", 7)
vars().update(celery_settings(CELERY_BROKER_URL, PROCESS))

LOGGING = logging_config(env.str("LOG_LEVEL", "INFO"))
