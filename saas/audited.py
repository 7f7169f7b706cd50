"""What the audit log records of which model, as auditlog's settings have it.

Columns are named one by one, so that a secret which is added to a model is not in the log at once.
Schedules are not here: `scheduling.schedules` writes their entries, as it also mends rows that no
model can read.
"""

AUDITED_MODELS = [
    {
        "model": "accounts.User",
        "include_fields": [
            "email",
            "login_name",
            "full_name",
            "role",
            "language",
            "timezone",
            "mail_missed_runs",
            "mail_held_runs",
            "mail_weekly_summary",
            "is_active",
            "is_staff",
            "is_superuser",
            "password",
            # Counts up when a second factor is set up, removed or reset: the log of log-ins tells
            # which of these it was, this who did it.
            "factors_version",
        ],
        "mask_fields": ["password"],
        "mask_callable": "tenants.audit.writing.hidden",
    },
    {"model": "accounts.SecurityPolicy", "include_fields": ["second_factor_required"]},
    {
        "model": "tenants.Tenant",
        "include_fields": [
            "slug",
            "schema_name",
            "name",
            "timezone",
            "currency",
            "state",
            "state_reason",
            "owner_email",
        ],
    },
    {
        "model": "agenda.Limits",
        "include_fields": [
            "tenant",
            "least_interval_seconds",
            "schedules_maximum",
            "firings_in_flight_maximum",
        ],
    },
    {"model": "tenants.Domain", "include_fields": ["domain", "tenant", "is_primary"]},
    # What runs close is told by the runs; the instants beside a status follow from it.
    {
        "model": "orders.Order",
        "include_fields": [
            "number",
            "customer",
            "placed_at",
            "total",
            "currency",
            "status",
            "kept_open",
        ],
    },
    {
        "model": "orders.ClosingRules",
        "include_fields": [
            "closes_open",
            "closes_fulfilled",
            "least_total",
            "greatest_total",
            "currency",
            "never_closed",
        ],
    },
    {"model": "orders.Holiday", "include_fields": ["day", "every_year", "name"]},
    # That runs were forgotten is told by the runs' page; here who chose when they are.
    {"model": "scheduling.RunRetention", "include_fields": ["runs_kept_days"]},
    {"model": "branding.Branding", "include_fields": ["display_name", "accent", "logo"]},
    # An import is one entry, with the counts; what was imported is in the file.
    {
        "model": "orders.OrderFile",
        "include_fields": ["name", "size", "sha256", "imported", "updated", "rejected"],
    },
]
