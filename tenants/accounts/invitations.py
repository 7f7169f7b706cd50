"""Letting people in: mails that carry a link to set a password."""

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_tenants.utils import tenant_context

from tenants.accounts.binding import binding
from tenants.accounts.models import User
from tenants.branding.naming import display_name, one_line
from tenants.models import Tenant
from tenants.schema import shared_tables


class SchemaTokenGenerator(PasswordResetTokenGenerator):
    """Makes tokens that are good in the current schema alone, once, and until it is suspended."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{binding()}/{super()._make_hash_value(user, timestamp)}"


token_generator = SchemaTokenGenerator()


def invite(user: User, tenant: Tenant) -> None:
    """Mail `user` of `tenant` a link to set the first password; OSError when mail cannot be sent.

    Somebody without an e-mail address gets none. A repeat sends another mail; both links work
    until a password is set.
    """
    send_link(user, tenant, "invitation")


def invite_owners(tenant: Tenant) -> None:
    with tenant_context(tenant):
        owners = list(User.objects.owners())
    for owner in owners:
        invite(owner, tenant)


def send_link(user: User, tenant: Tenant, mail: str) -> None:
    """Send one of the mails in templates/accounts, in the language of the one who gets it."""
    if not user.email:
        return
    context = {
        "user": user,
        "name": one_line(user.get_full_name()),
        "tenant_name": display_name(tenant),
        "link": password_link(user, tenant),
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600),
    }
    with translation.override(user.language):
        subject = render_to_string(f"accounts/{mail}_subject.txt", context)
        body = render_to_string(f"accounts/{mail}.txt", context)
    send_mail(" ".join(subject.split()), body, settings.DEFAULT_FROM_EMAIL, [user.email])


def password_link(user: User, tenant: Tenant) -> str:
    """Return a link to set a password once, on the tenant's stored host and never on a request's."""
    with shared_tables(tenant):
        base = tenant.url
    with tenant_context(tenant):
        token = token_generator.make_token(user)
    arguments = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": token}
    # The platform's URLs have the same path.
    path = reverse("password_reset_confirm", urlconf=settings.ROOT_URLCONF, kwargs=arguments)
    return base.rstrip("/") + path
