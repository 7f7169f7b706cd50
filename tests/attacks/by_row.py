"""Attacks by a tenant's own periodic tasks, every column of which is theirs to write."""

from __future__ import annotations

import json

from tests.attacks.frame import attack
from tests.attacks.site import (
    ATTACKER,
    CLEARING,
    MISCHIEF,
    PLATFORM_TASK,
    VICTIM,
    Site,
)
from tests.integration.rows import CLOSING


def into(site: Site, slug: str, **more: object) -> str:
    return json.dumps({"_schema_name": site.stack.schema_of(slug), **more})


@attack
def a_header_leads_into_another_tenants_schema(site: Site) -> bool:
    closed = site.young_order(VICTIM)

    site.schedule(kwargs=MISCHIEF, headers=into(site, VICTIM))

    return site.shows(closed)


@attack
def a_header_makes_one_message_per_tenant(site: Site) -> bool:
    headers = into(site, VICTIM, _all_tenants_only=True)

    site.schedule(headers=headers, queue="attack", one_off=True)

    return site.shows(lambda: site.broker.llen("attack") > 1)


@attack
def a_header_runs_another_task_than_the_row_says(site: Site) -> bool:
    ran = site.watch(PLATFORM_TASK)

    site.schedule(task=CLEARING, headers=json.dumps({"task": PLATFORM_TASK}))

    return site.shows(ran)


@attack
def a_row_names_a_task_of_the_platforms(site: Site) -> bool:
    ran = site.watch(PLATFORM_TASK)

    site.schedule(task=PLATFORM_TASK)

    return site.shows(ran)


@attack
def a_row_wraps_a_task_in_celerys_starmap(site: Site) -> bool:
    closed = site.young_order(ATTACKER)
    inner = {"task": CLOSING, "args": [], "kwargs": {}, "options": {}}

    site.schedule(task="celery.starmap", kwargs=json.dumps({"task": inner, "it": [[1]]}))

    return site.shows(closed)


@attack
def an_odd_time_limit_ends_the_worker(site: Site) -> bool:
    site.schedule(headers='{"timelimit": 5}')

    return site.shows(site.a_process_died)


@attack
def headers_that_are_no_object_end_beat(site: Site) -> bool:
    site.schedule(headers="[]")

    return site.shows(site.a_process_died)


@attack
def headers_that_are_no_json_end_beat(site: Site) -> bool:
    site.schedule(headers="not json")

    return site.shows(site.a_process_died)


@attack
def a_name_that_another_tenant_uses_ends_beat(site: Site) -> bool:
    site.schedule(of=VICTIM)
    site.schedule()

    return site.shows(site.a_process_died)


@attack
def a_crontab_past_the_forms_ends_beat(site: Site) -> bool:
    site.schedule_crontab("0,,5 * * * *")

    return site.shows(site.a_process_died)


@attack
def a_crontab_past_the_forms_breaks_the_tenants_pages(site: Site) -> bool:
    site.schedule_crontab("-5 * * * *")

    return site.attacker.get(f"/admin/{site.schedules}/add/").status == 500


@attack
def a_half_built_tenant_ends_beat(site: Site) -> bool:
    platforms = site.sleeping_row(None)
    site.sql("UPDATE django_celery_beat_periodictask SET enabled = true WHERE id = %s", platforms)
    site.newcomer()

    site.schedule()

    return site.shows(site.a_process_died)


@attack
def a_queues_name_writes_over_a_key_of_the_broker(site: Site) -> bool:
    site.schedule(queue="some:cache:key")

    return site.shows(lambda: site.broker.type("some:cache:key") == b"list")


@attack
def an_expired_row_overwrites_the_victims_of_the_same_id(site: Site) -> bool:
    theirs = site.sleeping_row(VICTIM)
    past = {"expires": "2001-01-01T00:00:00Z", "start_time": "2000-01-01T00:00:00Z"}

    site.schedule(id=theirs, headers=into(site, VICTIM), **past)

    return site.shows(lambda: site.row_name(theirs, VICTIM) == "attack")


@attack
def broken_arguments_overwrite_the_platforms_row_of_the_same_id(site: Site) -> bool:
    theirs = site.sleeping_row(None)

    site.schedule(id=theirs, args="[")

    return site.shows(lambda: site.row_name(theirs, None) == "attack")


@attack
def negative_days_close_what_was_placed_today(site: Site) -> bool:
    closed = site.young_order(ATTACKER)

    site.schedule(kwargs='{"days": -1}')

    return site.shows(closed)


@attack
def an_interval_of_a_microsecond_floods_the_queue(site: Site) -> bool:
    before = site.times_run(CLEARING)

    site.schedule(task=CLEARING, period="microseconds")

    return site.shows(lambda: site.times_run(CLEARING) > before + 20)
