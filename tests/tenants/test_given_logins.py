"""Logins that the environment gives, in place of those that `migrate_schemas` would name itself."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tenants.models import Tenant
from tenants.postgresql.logins import make_logins


@pytest.fixture
def give(db, settings, monkeypatch):
    """Have the environment give logins, as from the next `migrate_schemas`."""

    def given(**users):
        logins = {kind: {"USER": user, "PASSWORD": "x" * 20} for kind, user in users.items()}
        monkeypatch.setitem(settings.DATABASES["default"], "GIVEN_LOGINS", logins)

    return given


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def tenants_seen_by(login):
    sql(f"GRANT {login} TO CURRENT_USER; SET ROLE {login}")
    try:
        return Tenant.objects.count()
    finally:
        sql("RESET ROLE")


def test_a_given_login_is_made_with_its_rights(acme, give):
    give(worker="our_worker")

    make_logins()
    make_logins()

    assert tenants_seen_by("our_worker") == Tenant.objects.count()


def test_another_login_given_later_has_the_same_rights(acme, give):
    give(worker="our_worker")
    make_logins()
    give(worker="our_new_worker")

    make_logins()

    for login in ("our_worker", "our_new_worker"):
        assert tenants_seen_by(login) == Tenant.objects.count()


@pytest.mark.parametrize("users", [{"web": "{owner}"}, {"web": "ours", "worker": "ours"}])
def test_one_login_for_two_kinds_of_process_is_refused(give, settings, users):
    owner = settings.DATABASES["default"]["USER"]
    give(**{kind: user.format(owner=owner) for kind, user in users.items()})

    with pytest.raises(CommandError, match="each needs its own"):
        call_command("migrate_schemas", verbosity=0)
