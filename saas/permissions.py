"""What each role of a tenant's user may do in its own admin."""

VIEWER = [
    "accounts.view_loginevent",
    "orders.view_order",
    "orders.view_dailyreport",
    "orders.view_closingrules",
    "orders.view_holiday",
    "scheduling.view_schedule",
    "scheduling.view_run",
]
MANAGER = [
    *VIEWER,
    "orders.add_order",
    "orders.change_order",
    "orders.view_orderfile",
    "orders.change_closingrules",
    "orders.add_holiday",
    "orders.change_holiday",
    "orders.delete_holiday",
    "scheduling.add_schedule",
    "scheduling.change_schedule",
    "scheduling.delete_schedule",
    "scheduling.view_runretention",
    "scheduling.change_runretention",
]
OWNER = [
    *MANAGER,
    "orders.delete_orderfile",
    # Undoing a run.
    "scheduling.add_undo",
    # Changing the tenant's own time zone.
    "scheduling.add_zonechange",
    "accounts.view_user",
    "accounts.add_user",
    "accounts.change_user",
    "accounts.delete_user",
    "audit.view_entry",
    "branding.view_branding",
    "branding.change_branding",
]
TENANT_ROLE_PERMISSIONS = {"viewer": VIEWER, "manager": MANAGER, "owner": OWNER}
