"""What the database login of each kind of process may do. `migrate_schemas` grants it.

Owner rights are used by commands and the platform worker alone. In a tenant's schema web and worker
act in the tenant's role (`tenants/postgresql/roles.py`), so nothing of a tenant's stands here.
"""

from scheduling.agenda.triggers import SCHEDULE_TABLES

READ = "SELECT"
WRITE = "SELECT, INSERT, UPDATE, DELETE"
#: Every table of the public schema that is not named beside it.
OTHERS = "*"

#: Kind of process: table of the public schema: privileges.
DATABASE_RIGHTS = {
    # Who lives at a host is answered by a function; what a tenant's page shows comes in its role.
    "web": {"tenants_installation": READ},
    "worker": {
        "tenants_installation": READ,
        "tenants_tenant": READ,
        "tenants_domain": READ,
        # What a firing is of, and when, is not the worker's to change.
        "agenda_firing": "SELECT, UPDATE (state, started_at, settled_at, outcome, error, publish_at, "
        "attempts, leased_until, publications, released)",
        "agenda_tenantindex": "SELECT, UPDATE (trouble, halted_until, halts)",
        # Every worker watches over all tenants' slots, and says which are missed.
        "agenda_dueslot": READ,
        "agenda_alarm": "SELECT, INSERT, UPDATE",
        "agenda_alarmpass": "SELECT, INSERT, UPDATE",
    },
    "beat": {
        "tenants_installation": READ,
        "tenants_tenant": READ,
        "agenda_dueslot": WRITE,
        "agenda_limits": READ,
        "agenda_firing": "SELECT, INSERT, UPDATE (state, published_at, publish_at, publications, "
        "waits, leased_until, verdict, error, planned_at, last_slot_at, slots, released)",
        "agenda_newestinstant": "SELECT, INSERT, UPDATE",
        "agenda_scheduleversion": "SELECT, UPDATE (is_processed)",
        "agenda_schedulechange": WRITE,
        "agenda_tenantindex": WRITE,
        **dict.fromkeys(SCHEDULE_TABLES, READ),
    },
    "platform": {
        OTHERS: WRITE,
        "tenants_installation": READ,
        "django_migrations": "",
        # What stands there is run as owner.
        "tenants_blueprint": "",
        "tenants_migrationfailure": READ,
        "agenda_dueslot": READ,
        "agenda_firing": "SELECT, UPDATE (stop_requested_at)",
        "agenda_newestinstant": READ,
        "agenda_scheduleversion": READ,
        "agenda_schedulechange": READ,
        "agenda_tenantindex": READ,
        "agenda_alarm": READ,
        "agenda_alarmpass": READ,
        "audit_entry": "SELECT, INSERT",
    },
}
#: What beat may read in a tenant's schema, and nothing else there.
TABLES_READ_BY_BEAT = tuple(SCHEDULE_TABLES)
#: Kind of process: functions of the public schema that it may call.
DATABASE_FUNCTIONS = {
    "web": (
        "tenants_at_host(text)",
        "tenants_host_digests()",
        "tenants_change_zone(bigint, text)",
        "agenda_crowd(timestamptz)",
    ),
    "beat": ("agenda_capture(text, timestamptz)", "agenda_forget_future()"),
}
