"""Logging in: what passwords must be like, and when django-axes locks somebody out."""

from datetime import timedelta

AUTHENTICATION_BACKENDS = [
    "tenants.accounts.backends.ThrottlingBackend",
    "tenants.accounts.backends.RoleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
AXES_HANDLER = "tenants.accounts.throttling.LoginThrottle"
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "tenants.accounts.throttling.account_of"
AXES_CLIENT_IP_CALLABLE = "tenants.accounts.places.client_network"
AXES_LOCKOUT_CALLABLE = "tenants.accounts.throttling.locked_page"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_FAILURE_LIMIT = 1  # how many of the handler's own limits must be reached
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # ours, LoginEvent, tells more
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
