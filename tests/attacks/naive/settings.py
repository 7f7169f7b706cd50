"""Settings as the packages' own documentation and common advice would have them."""

import environ

env = environ.Env()
SECRET_KEY = "naive"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = True
ROOT_URLCONF = "tests.attacks.naive.urls"
SHOW_PUBLIC_IF_NO_TENANT_FOUND = True

TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "django_celery_beat",
    "tests.attacks.naive.orders",
]
SHARED_APPS = ["django_tenants", "tests.attacks.naive.tenants", *TENANT_APPS[:-1]]
INSTALLED_APPS = [*SHARED_APPS, TENANT_APPS[-1]]
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"

MIDDLEWARE = [
    "django_tenants.middleware.main.TenantMainMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {
    "default": {
        **environ.Env.db_url_config(env.str("DATABASE_URL")),
        "ENGINE": "django_tenants.postgresql_backend",
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
STATIC_URL = "/static/"

# One log-in for all sub-domains, and sessions in the cache because the database is slow.
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_COOKIE_DOMAIN = CSRF_COOKIE_DOMAIN = ".localhost"
CSRF_TRUSTED_ORIGINS = ["http://*.localhost"]
# For the tests' sake, and no hole of its own: hashing as it should be takes 0.2 s for each log-in.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
CELERY_BEAT_SCHEDULER = "tenant_schemas_celery.db_scheduler:TenantAwareDatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1  # seconds, so that the tests need not wait for the default of 5
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
