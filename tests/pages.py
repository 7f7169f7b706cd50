"""The pages of a tenant's site, for tests that look at all of them: whoever adds a page adds it here.

Addresses below /admin/. In braces stands what row a page is about; a test says which one that is.
"""

#: What anybody sees.
OPEN_PAGES = ["login/", "password_reset/", "password_reset/done/"]
#: What the platform's staff see, on the platform's site.
PLATFORM_PAGES = [
    "",
    "tenants/tenant/",
    "tenants/tenant/add/",
    "tenants/tenant/{tenant}/change/",
    "tenants/domain/",
    "tenants/domain/add/",
    "agenda/dueslot/",
    "agenda/firing/",
    "agenda/firing/?settled=yes",
    "agenda/alarm/",
    "accounts/user/add/",
    "accounts/loginevent/",
    "audit/entry/",
]
#: What the owner sees.
TENANT_PAGES = [
    "",
    "orders/",
    "scheduling/",
    "orders/order/",
    "orders/order/?status__exact=open&kept_open__exact=0&q=R",
    "orders/order/add/",
    "orders/order/{order}/change/",
    "orders/order/{order}/history/",
    "orders/orderfile/",
    "orders/orderfile/add/",
    "orders/orderfile/{file}/change/",
    "orders/closingrules/1/change/",
    "orders/dailyreport/",
    "orders/dailyreport/{report}/change/",
    "scheduling/schedule/",
    "scheduling/schedule/add/",
    "scheduling/schedule/{schedule}/change/",
    "scheduling/schedule/{schedule}/delete/",
    "scheduling/schedule/{broken_schedule}/change/",
    "scheduling/schedule/{schedule}/history/",
    "scheduling/schedule/deleted/",
    "scheduling/schedule/zone/",
    "scheduling/schedule/{schedule}/run-now/",
    "scheduling/schedule/{schedule}/pause/",
    "scheduling/run/",
    "scheduling/run/{run}/change/",
    "scheduling/run/{failed_run}/change/",
    "scheduling/run/{run}/undo/",
    "scheduling/runretention/{retention}/change/",
    "branding/branding/{branding}/change/",
    "accounts/user/",
    "accounts/user/add/",
    "accounts/user/{user}/change/",
    "accounts/user/{user}/delete/",
    "accounts/loginevent/",
    "audit/entry/",
    "audit/entry/{entry}/change/",
    "security/",
    "security/enrol/",
    "security/policy/",
    "profile/",
    "scheduling/run/{failed_run}/retry/",
    "password_change/",
]
