"""Slugs, schema names, domains and time zones: what is allowed, and why not."""

import re
import secrets
from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)
#: A slug is the stem of a schema name and that of a role name, which Postgres cuts off at 63.
SLUG_MAXIMUM = 39
SCHEMA_SUFFIX_BYTES = 4
DOMAIN_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
DOMAIN_MAXIMUM = 253
PORT = re.compile(r":[0-9]*\Z", re.ASCII)

#: Host names and schemas that are, or may become, the platform's own.
# fmt: off
RESERVED_SLUGS = frozenset(
    [
        "admin", "administrator", "api", "app", "assets", "auth", "beat", "billing", "blog",
        "cdn", "dashboard", "default", "dev", "docs", "ftp", "health", "help", "imap",
        "information-schema", "internal", "localhost", "login", "mail", "metrics", "ns1",
        "ns2", "pg", "platform", "pop", "postgres", "public", "root", "smtp", "staff",
        "staging", "static", "status", "support", "system", "t", "tenant", "tenants",
        "test", "webmail", "worker", "www",
    ]
)
# fmt: on


def validate_slug(slug: str) -> None:
    """Raise ValidationError, saying what would be right, unless `slug` can name a tenant."""
    if not SLUG.fullmatch(slug) or "--" in slug:
        text = _(
            "'%(slug)s' is not a slug: use lower-case letters, digits and single hyphens, beginning "
            "and ending with a letter or digit, as in 'acme-berlin'."
        )
        raise ValidationError(text % {"slug": slug})
    if slug in RESERVED_SLUGS:
        text = _("'%(slug)s' is reserved for the platform: choose another slug.")
        raise ValidationError(text % {"slug": slug})


def new_schema_name(slug: str) -> str:
    """Return a schema name for `slug` that was never used: a random suffix outlives every deletion."""
    return f"t_{slug.replace('-', '_')}_{secrets.token_hex(SCHEMA_SUFFIX_BYTES)}"


def normal_host(host: str) -> str:
    """Return a host name as domains are stored: lower case, without port and trailing dot."""
    return PORT.sub("", host.strip().lower()).removesuffix(".")


def validate_domain(domain: str) -> None:
    """Raise ValidationError unless `domain` is a host name as browsers send it."""
    labels = domain.split(".")
    if len(domain) > DOMAIN_MAXIMUM or not all(map(DOMAIN_LABEL.fullmatch, labels)):
        text = _(
            "'%(domain)s' is not a host name: use lower-case letters, digits, hyphens and dots, as in "
            "'orders.acme.com', without port or path."
        )
        raise ValidationError(text % {"domain": domain})


@cache
def known_timezones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def validate_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is in the IANA time zone database."""
    if name not in known_timezones():
        text = _(
            "'%(name)s' is not a time zone: use an IANA name such as 'Europe/Berlin' or 'UTC'."
        )
        raise ValidationError(text % {"name": name})


def validate_currency(code: str) -> None:
    """Raise ValidationError unless `code` has the form of an ISO 4217 code."""
    if not re.fullmatch(r"[A-Z]{3}", code, re.ASCII):
        text = _("'%(code)s' is not a currency code: use three letters, as in 'EUR'.")
        raise ValidationError(text % {"code": code})
