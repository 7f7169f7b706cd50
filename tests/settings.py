"""The settings of the tests: those of the product, with a quick password hasher."""

import os

os.environ.setdefault("DEBUG", "1")

from saas.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
#: Static files come from the apps; whitenoise warns about a folder that is not there.
STATIC_ROOT = None
#: What one test counted is no other's affair.
HOME_REMEMBERED_SECONDS = 0
