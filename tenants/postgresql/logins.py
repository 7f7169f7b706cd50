"""A login for each kind of process, with the rights that settings name and no others.

`migrate_schemas` makes those that the environment does not give. Their names carry the installation
id; their passwords are derived from the secret key, so that nobody has to hand them out.
"""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg2.extensions import encrypt_password

from tenants.postgresql.roles import (
    beat_group,
    installation_id,
    quoted,
    tenants_group,
)

KINDS = ("web", "worker", "beat", "platform")
#: In a tenant's schema these act in the tenant's role.
IN_TENANTS_ROLES = ("web", "worker")


def login_name(installation: str, kind: str) -> str:
    return f"tb_{installation}_{kind}"


def passwords(login: str) -> list[str]:
    """Return the passwords that `login` may have, one for each secret key, the newest key's first."""
    return [derived(key, login) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def derived(key: str, login: str) -> str:
    return hmac.new(key.encode(), f"database login {login}".encode(), hashlib.sha256).hexdigest()


def make_logins() -> None:
    """Make the logins that are missing and give all of them their rights. As owner; safe to repeat.

    While the secret key is being changed the password stays the oldest key's, which every process
    knows: those that still run with the old key alone, and those that have both.
    """
    installation = installation_id()
    for kind in KINDS:
        given = settings.DATABASES["default"]["GIVEN_LOGINS"].get(kind)
        login = given["USER"] if given else login_name(installation, kind)
        if not exists(login):
            execute(f"CREATE ROLE {quoted(login)} LOGIN {inheritance(kind)}")
            set_password(login, given["PASSWORD"] if given else passwords(login)[-1])
        elif not given:
            set_password(login, passwords(login)[-1])
        grant_membership(kind, login)
        grant_rights(kind, login)


def inheritance(kind: str) -> str:
    """Beat reads schedules by what its group may; web and worker must enter one tenant's role."""
    return "INHERIT" if kind == "beat" else "NOINHERIT"


def exists(role: str) -> bool:
    return bool(execute("SELECT 1 FROM pg_roles WHERE rolname = %s", role))


def set_password(login: str, password: str) -> None:
    """Send the password's SCRAM verifier, so that no log of statements ever holds a password."""
    verifier = encrypt_password(password, login, connection.connection, "scram-sha-256")
    execute(f"ALTER ROLE {quoted(login)} PASSWORD %s", verifier)


def grant_membership(kind: str, login: str) -> None:
    if kind in IN_TENANTS_ROLES:
        execute(f"GRANT {quoted(tenants_group())} TO {quoted(login)}")
    if kind == "beat":
        execute(f"GRANT {quoted(beat_group())} TO {quoted(login)}")


def grant_rights(kind: str, login: str) -> None:
    """Make a login's rights in the public schema what settings say, taking away all others.

    Repeated by every `migrate_schemas`, in its transaction: running processes never see less.
    """
    role = quoted(login)
    execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
    execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    rights = dict(settings.DATABASE_RIGHTS[kind])
    if others := rights.pop("*", ""):
        execute(f"GRANT {others} ON ALL TABLES IN SCHEMA public TO {role}")
    for table, privileges in rights.items():
        execute(f"REVOKE ALL ON public.{quoted(table)} FROM {role}")
        if privileges:
            execute(f"GRANT {privileges} ON public.{quoted(table)} TO {role}")
    for function in settings.DATABASE_FUNCTIONS.get(kind, ()):
        execute(f"GRANT EXECUTE ON FUNCTION public.{function} TO {role}")
    show_all_rows(kind, login)


def show_all_rows(kind: str, login: str) -> None:
    """Let the platform's own processes past row security, which shows a tenant its rows alone.

    A login that was used before keeps its sight, for processes that still run with it.
    """
    if kind == "web":
        return
    for table, number in execute(WITHOUT_POLICY, login):
        execute(
            f'CREATE POLICY "all rows {number}" ON public.{quoted(table)} TO {quoted(login)} '
            "USING (true) WITH CHECK (true)"
        )


#: Asked first, since making a policy locks its table against everybody. Asked of the login and not
#: of the kind, whose login may be another one since the last time.
WITHOUT_POLICY = """
SELECT relname, pg_roles.oid FROM pg_class JOIN pg_roles ON rolname = %s
WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND NOT EXISTS (
    SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND pg_roles.oid = ANY (polroles)
)
"""


def execute(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []
