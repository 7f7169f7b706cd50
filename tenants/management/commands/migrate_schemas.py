"""Bring the public schema and every tenant's up to date, and make what a fresh installation needs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.utils.module_loading import import_string
from django_tenants.management.commands import SyncCommon
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.utils import schema_context, schema_exists

from tenants.blueprint.making import ensure_blueprint
from tenants.migrating import report
from tenants.migrating.one import migrate_schema
from tenants.migrating.patience import LOCK_TIMEOUT_SECONDS, migrate_patiently
from tenants.migrating.standing import standing_by_django, standings
from tenants.migrating.whole import Outcome, Request, migrate_tenants
from tenants.models import Tenant
from tenants.postgresql.locks import one_at_a_time
from tenants.postgresql.logins import make_logins
from tenants.postgresql.roles import make_groups, make_missing_roles, withhold_everywhere
from tenants.provisioning import ensure_platform_tenant
from tenants.schema import PUBLIC
from tenants.side_by_side import Unreachable

OLDEST_POSTGRES = 150000
#: Options of `migrate` that make it do something else than applying all that is missing.
OTHERWISE = ("fake", "fake_initial", "prune", "run_syncdb")


class Command(MigrateSchemasCommand):
    help = (
        "Bring the public schema and every tenant's up to date. Only schemas that are behind are "
        "migrated, several at once. One that fails is set aside with the reason (see `migrations`), "
        "the others go on, and the exit code is 1. Safe to repeat, and to go on with after a stop."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-timeout",
            type=float,
            default=LOCK_TIMEOUT_SECONDS,
            metavar="SECONDS",
            help="how long to wait for a lock before others have their turn, and then again "
            f"(default: {LOCK_TIMEOUT_SECONDS:g})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unfit_database()
        refuse_shared_logins()
        refuse_what_is_not_offered(options)
        SyncCommon.handle(self, *args, **options)
        try:
            with one_at_a_time("migrating", self.say_waiting):
                self.work()
        except Unreachable as error:
            raise CommandError(
                f"The database is gone ({error}). What was migrated stays so: "
                "run migrate_schemas again, which goes on from there."
            ) from None

    def work(self) -> None:
        """Do what is asked for: tell who is behind, show what would be done, or do it."""
        if self.options["check_unapplied"]:
            self.tell_who_is_behind()
        elif self.options["plan"]:
            self.show_plan()
        else:
            self.migrate()

    def migrate(self) -> None:
        if self.sync_public:
            self.migrate_public()
        outcome = migrate_tenants(self.tenants(), self.request())
        if self.request().is_whole:
            if self.sync_public:
                outcome.unknown += Counter(standing_by_django(PUBLIC).unknown)
                seed_platform()
            ensure_blueprint()
        self.tell(outcome)

    def migrate_public(self) -> None:
        given = {name: self.options[name] for name in (*OTHERWISE, "interactive", "verbosity")}
        try:
            migrate_patiently(
                PUBLIC,
                *self.names(),
                lock_timeout=self.options["lock_timeout"],
                stdout=self.stdout,
                stderr=self.stderr,
                **given,
            )
        except CommandError as error:
            raise CommandError(f"The public schema: {error}") from error

    def tenants(self) -> Sequence[str]:
        """Return the schemas of tenants that are asked for: those that are built, or the one named."""
        if not self.sync_tenant:
            return []
        if self.schema_name:
            if not schema_exists(self.schema_name):
                raise CommandError(f"There is no schema '{self.schema_name}'.")
            return [self.schema_name]
        built = Tenant.objects.customers().built().order_by("pk")
        return list(built.values_list("schema_name", flat=True))

    def names(self) -> list[str]:
        """Return the app and the migration up to which only to go, if they are given."""
        return [
            name for name in (self.options["app_label"], self.options["migration_name"]) if name
        ]

    def request(self) -> Request:
        return Request(
            names=self.names(),
            options={name: True for name in OTHERWISE if self.options[name]},
            workers=1 if self.options["executor"] == "standard" else self.options["parallel"],
            lock_timeout=self.options["lock_timeout"],
            shows_progress=self.options["verbosity"] > 0 and sys.stderr.isatty(),
        )

    def schemas(self) -> list[str]:
        return [*([PUBLIC] if self.sync_public else []), *self.tenants()]

    def tell_who_is_behind(self) -> None:
        behind = {name: s for name, s in standings(self.schemas()).items() if s.is_behind}
        for schema_name, standing in behind.items():
            lacks = ", ".join(standing.lacks) or "what follows migrations"
            self.stdout.write(f"{schema_name} lacks {lacks}")
        if behind:
            sys.exit(1)

    def show_plan(self) -> None:
        """Show what would be done, schema by schema, leaving out those that lack nothing."""
        for schema_name, standing in standings(self.schemas()).items():
            if standing.is_behind or self.names():
                self.stdout.write(f"{schema_name}:")
                migrate_schema(
                    schema_name, *self.names(), plan=True, verbosity=1, stdout=self.stdout
                )

    def tell(self, outcome: Outcome) -> None:
        if self.sync_tenant and self.options["verbosity"] > 0:
            self.stdout.write(report.summary(outcome))
        for line in report.warnings(outcome):
            self.stderr.write(line)
        if outcome.failed:
            raise CommandError(report.failure(outcome))

    def say_waiting(self) -> None:
        self.stderr.write("Another migrate_schemas is at work: waiting until it is done.")


def refuse_what_is_not_offered(options: dict[str, Any]) -> None:
    """Raise CommandError for what django-tenants' command can do and this one cannot."""
    if options["executor"] not in {None, "standard", "multiprocessing"}:
        raise CommandError(
            f"There is no executor '{options['executor']}': --parallel N says how many tenants "
            "are migrated at once, --executor=standard that it is one after the other."
        )
    if options["database"] != DEFAULT_DB_ALIAS:
        raise CommandError(f"There is no database '{options['database']}': all are in one.")


def refuse_unfit_database() -> None:
    """Raise CommandError, in one line, where walls could not be built. Nothing is changed before."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
        if connection.pg_version < OLDEST_POSTGRES:  # type: ignore[attr-defined]
            raise CommandError(f"PostgreSQL {version} is too old: 15 or later is needed.")
        cursor.execute(
            "SELECT rolname FROM pg_roles "
            "WHERE rolname = current_user AND NOT (rolcreaterole OR rolsuper)"
        )
        if login := cursor.fetchone():
            raise CommandError(
                f"Login '{login[0]}' may not create roles, which keep tenants apart: "
                f'ALTER ROLE "{login[0]}" CREATEROLE'
            )


def refuse_shared_logins() -> None:
    """Raise CommandError where two kinds of process are given one login.

    Each kind's rights replace what its login had, so that the owner's would lose its own tables.
    """
    given = [login["USER"] for login in settings.DATABASES["default"]["GIVEN_LOGINS"].values()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        users = Counter([cursor.fetchone()[0], *given])
    for login, times in users.items():
        if times > 1:
            raise CommandError(
                f"Login '{login}' is given to more than one kind of process: each needs its own."
            )


def seed_platform() -> None:
    with transaction.atomic(), schema_context("public"):
        ensure_platform_tenant()
        make_groups()
        make_logins()
        make_missing_roles()
        withhold_everywhere()
        for path in settings.PLATFORM_SEEDING_STEPS:
            import_string(path)()
