"""Attacks over HTTP: a tenant's admin, or nobody in particular, with a browser that sends anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.attacks.frame import attack
from tests.attacks.site import ATTACKER, INTERVALS, LOG_OUT, STAFF, VICTIM, Site

OWNER = f"owner@{ATTACKER}.test"


@attack
def a_tenants_admin_reads_who_the_other_tenants_are(site: Site) -> bool:
    page = site.attacker.get("/admin/tenants/domain/")

    return f"{VICTIM}.localhost" in page.text


@attack
def a_tenants_admin_takes_over_the_victims_host(site: Site) -> bool:
    tenant = "SELECT tenant_id FROM tenants_domain WHERE domain = %s"
    host = site.one("SELECT id FROM tenants_domain WHERE domain = %s", f"{VICTIM}.localhost")
    mine = site.one(tenant, f"{ATTACKER}.localhost")

    site.fill_in(site.attacker, f"tenants/domain/{host}/change/", tenant=str(mine))

    return bool(site.one(tenant, f"{VICTIM}.localhost") == mine)


@attack
def a_tenants_admin_makes_a_superuser(site: Site) -> bool:
    asked = {"is_superuser": "on", "is_staff": "on", "role": "platform"}
    site.fill_in(site.attacker, f"{site.users}/add/", **site.new_user, is_superuser="on")
    user = site.one(f"SELECT max(id) FROM {site.users_table}", of=ATTACKER)

    site.fill_in(site.attacker, f"{site.users}/{user}/change/", **asked)

    found = f"SELECT is_superuser FROM {site.users_table} WHERE id = %s"
    return bool(site.one(found, user, of=ATTACKER))


@attack
def a_schedules_form_takes_headers_and_a_queue(site: Site) -> bool:
    asked = {"headers": '{"_schema_name": "public"}', "queue": "unacked", "enabled": "on"}
    site.sql(f"{INTERVALS} VALUES (1, 'days')", of=ATTACKER)

    site.fill_in(
        site.attacker, f"{site.schedules}/add/", name="attack", **site.new_schedule, **asked
    )

    stored = "SELECT queue FROM django_celery_beat_periodictask WHERE name = 'attack'"
    return bool(site.one(stored, of=ATTACKER))


@attack
def a_schedules_form_breaks_on_empty_headers(site: Site) -> bool:
    site.sql(f"{INTERVALS} VALUES (1, 'days')", of=ATTACKER)
    asked = {"name": "attack", "headers": "", **site.new_schedule}

    return site.fill_in(site.attacker, f"{site.schedules}/add/", **asked).status == 500


@attack
def a_crontab_that_names_no_day_is_saved(site: Site) -> bool:
    fields = {"minute": "0", "hour": "0", "day_of_month": "31", "month_of_year": "2"}
    asked = {"name": "attack", **site.new_schedule, **fields, "crontab": "0 0 31 2 *"}

    for page in (site.schedules, "django_celery_beat/crontabschedule"):
        site.fill_in(site.attacker, f"{page}/add/", **asked)

    stored = "SELECT 1 FROM django_celery_beat_crontabschedule WHERE day_of_month = '31'"
    return bool(site.one(f"{stored} AND month_of_year = '2'", of=ATTACKER))


@attack
def the_platforms_staff_log_in_at_a_half_built_tenants(site: Site) -> bool:
    slug = site.newcomer()

    return site.lets_in(site.visitor(f"{slug}.localhost"), STAFF)


@attack
def a_suspended_tenant_goes_on(site: Site) -> bool:
    site.suspend(ATTACKER)

    return LOG_OUT in site.attacker.get("/admin/").text


@attack
def a_tenants_host_leads_to_the_platform_by_a_header(site: Site) -> bool:
    visitor = site.visitor(f"{ATTACKER}.localhost")
    visitor.headers["X-Forwarded-Host"] = "localhost"

    return site.lets_in(visitor, STAFF)


@attack
def a_session_is_one_at_another_tenant_with_the_same_user(site: Site) -> bool:
    elsewhere = site.visitor(f"{VICTIM}.localhost")

    with the_same_user(site):
        elsewhere.cookies = dict(site.logged_in(ATTACKER).cookies)
        return LOG_OUT in elsewhere.get("/admin/").text


@attack
def a_link_of_a_mail_works_at_another_tenant_with_the_same_user(site: Site) -> bool:
    with the_same_user(site):
        site.fill_in(site.attacker, "password_reset/", email=OWNER)
        link = re.findall(rf"{ATTACKER}\.localhost\S*?(/admin/reset/\S+)", site.mails())[-1]
        return "new_password1" in site.visitor(f"{VICTIM}.localhost").get(link).text


@contextmanager
def the_same_user(site: Site) -> Iterator[None]:
    """Let both tenants' owners be alike to the last column, as they are in a copy of a schema."""
    columns = "id, email, password, last_login"
    everything = f"SELECT {columns} FROM {site.users_table} WHERE id = 1"
    write = f"UPDATE {site.users_table} SET ({columns}) = (%s, %s, %s, %s) WHERE id = 1"
    ((*theirs,),) = site.sql(everything, of=VICTIM)
    site.logged_in(ATTACKER)
    ((*mine,),) = site.sql(everything, of=ATTACKER)
    site.sql(write, *mine, of=VICTIM)
    try:
        yield
    finally:
        site.sql(write, *theirs, of=VICTIM)


@attack
def a_mail_leads_to_the_host_that_the_request_names(site: Site) -> bool:
    site.fill_in(site.visitor("evil.test"), "password_reset/", email=STAFF)

    return "//evil.test" in site.mails()


@attack
def a_page_of_a_sibling_posts_to_the_victims_site(site: Site) -> bool:
    victim = site.logged_in(VICTIM)
    victim.headers["Origin"] = f"http://{ATTACKER}.localhost"

    return site.fill_in(victim, "password_change/", old_password="x").status != 403


@attack
def a_cookie_is_sent_to_the_siblings_too(site: Site) -> bool:
    visitor = site.visitor(f"{ATTACKER}.localhost")

    visitor.get("/admin/login/")

    return "domain=" in str(visitor.set_cookies).lower()
