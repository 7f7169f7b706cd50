"""The history of a schedule, in words and for whom, and what becomes of an earlier state."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling import schedules
from scheduling.agenda.clock import database_now
from scheduling.models import Pause, Policy, RunRetention
from scheduling.pausing import pause, resume
from tenants.audit.models import Entry
from tests.people import do, logged_in, make_user, owner_of, queries_for, told, visitor
from tests.scheduling.builders import make_interval
from tests.scheduling.schedule_pages import LIST, add, change, crontab_of, row_of, seeded, written


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def history(client, row):
    return client.get(f"{LIST}{row.pk}/history/")


def rows_of(answer):
    """Return what the page says of each change: who, and its lines as (label, before, after)."""
    return [
        (told.who, [(line.label, line.before, line.after) for line in told.lines])
        for told in answer.context["told"]
    ]


def entry_numbers(client, row):
    """Return the numbers of the changes in the history, the newest first."""
    return [told.step.entry.pk for told in history(client, row).context["told"] if told.step.entry]


def restore(client, row, number, **fields):
    """Look at what restoring would change, then do it."""
    address = f"{LIST}{row.pk}/history/{number}/restore/"
    page = client.get(address)
    shown = page.context["now"] if page.context else ""
    return client.post(address, {"now": shown} | fields)


def test_a_change_is_told_with_who_when_and_both_values_in_words(acme, owner):
    row = seeded(acme)

    change(owner, row, crontab="30 6 * * 1", overlap="wait", enabled="")

    who, lines = rows_of(history(owner, row))[0]
    assert who == "owner@acme.test"
    assert ("Crontab", "0 0 * * *", "30 6 * * 1") in lines
    assert ("State", "active", "paused") in lines
    assert ("Overlap", None, "it waits, and further ones are skipped") in lines
    assert any(label == "Days" for label, _before, _after in lines)


def test_what_every_schedule_has_is_not_told(acme, owner):
    made = rows_of(history(owner, seeded(acme)))[-1][1]

    assert [label for label, _before, _after in made if label in {"args", "headers"}] == []
    assert ("Crontab", None, "0 0 * * *") in made


def test_the_page_reads_aloud_and_dates_each_change(acme, owner):
    row = seeded(acme)
    change(owner, row, crontab="30 6 * * 1")

    page = history(owner, row).text

    assert "Crontab: from 0 0 * * * to 30 6 * * 1" in page
    assert "<time datetime=" in page
    assert 'scope="col"' in page


def test_changes_by_command_and_by_action_are_in_it(acme, owner):
    row = seeded(acme)
    with tenant_context(acme):
        entry = schedules.entry_called(row.task)
        schedules.set_cadence(entry, schedules.Wish(crontab="5 5 * * *"), "UTC")
    do(owner, "scheduling/schedule", "pause", [row.pk])

    (by_action, paused), (by_command, changed) = rows_of(history(owner, row))[:2]

    assert by_action == "owner@acme.test"
    assert ("State", "active", "paused") in paused
    assert by_command
    assert by_command != "owner@acme.test"
    assert ("Crontab", "0 0 * * *", "5 5 * * *") in changed


def test_a_viewer_sees_it_without_the_audit_log_and_restores_nothing(acme, owner):
    row = seeded(acme)
    change(owner, row, crontab="30 6 * * 1")
    make_user(acme, "viewer@acme.test")
    viewer = logged_in("acme", "viewer@acme.test")
    number = entry_numbers(viewer, row)[-1]

    page = history(viewer, row)

    assert "owner@acme.test" in page.text
    assert "/restore/" not in page.text
    assert viewer.get("/admin/audit/entry/").status_code == 403
    assert viewer.get(f"{LIST}{row.pk}/history/{number}/restore/").status_code == 403
    assert viewer.post(f"{LIST}{row.pk}/history/{number}/restore/").status_code == 403


def test_an_earlier_state_is_shown_against_now_and_restored(acme, globex, owner):
    row, theirs = seeded(acme), seeded(globex)
    first = entry_numbers(owner, row)[0]
    change(owner, row, name="Mondays", crontab="30 6 * * 1", overlap="wait", days="45", enabled="")

    page = owner.get(f"{LIST}{row.pk}/history/{first}/restore/")
    answer = restore(owner, row, first)

    shown = [(line.label, line.before, line.after) for line in page.context["lines"]]
    assert ("Crontab", "30 6 * * 1", "0 0 * * *") in shown
    assert "It is again as it was then." in told(answer)
    again = row_of(acme, pk=row.pk)
    assert crontab_of(again) == ("0 0 * * *", "Europe/Berlin")
    assert (again.name, again.enabled, json.loads(again.kwargs)) == ("Close old orders", True, {})
    with tenant_context(acme):
        assert not Policy.objects.filter(pk=row.pk).exists()
    assert crontab_of(seeded(globex)) == crontab_of(theirs)


def test_restoring_is_itself_a_change_and_can_be_taken_back(acme, owner):
    row = seeded(acme)
    first = entry_numbers(owner, row)[0]
    change(owner, row, crontab="30 6 * * 1", catch_up_window="60")
    changed = entry_numbers(owner, row)[0]

    restore(owner, row, first)
    assert len(entry_numbers(owner, row)) == 3
    restore(owner, row, changed)

    assert crontab_of(row_of(acme, pk=row.pk))[0] == "30 6 * * 1"
    with tenant_context(acme):
        assert Policy.objects.get(pk=row.pk).catch_up_window == 60


def test_what_is_so_now_is_nothing_to_restore(acme, owner):
    row = seeded(acme)
    (number, *_) = entry_numbers(owner, row)

    answer = restore(owner, row, number)

    assert history(owner, row).context["told"][0].note == "It is like this now."
    assert "It is like this now." in told(answer)


def test_a_state_in_between_is_put_together_from_the_changes_around_it(acme, owner):
    row = seeded(acme)
    change(owner, row, crontab="1 1 * * *", days="30")
    middle = entry_numbers(owner, row)[0]
    change(owner, row, crontab="1 1 * * *", days="60")
    change(owner, row, crontab="2 2 * * *", days="60")

    restore(owner, row, middle)

    again = row_of(acme, pk=row.pk)
    assert (crontab_of(again)[0], json.loads(again.kwargs)["days"]) == ("1 1 * * *", 30)


def test_what_somebody_changed_past_the_pages_is_told_too(acme, owner):
    row = seeded(acme)
    change(owner, row, crontab="1 1 * * *")
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=row.pk).update(enabled=False)

    who, lines = rows_of(history(owner, row))[0]

    assert (who, lines) == ("", [("State", "active", "paused")])
    assert "past these pages" in history(owner, row).text


def test_a_restored_state_is_checked_like_any_edit(acme, owner, settings):
    row = seeded(acme)
    change(owner, row, crontab="*/5 * * * *")
    often = entry_numbers(owner, row)[0]
    change(owner, row, crontab="0 0 * * *")
    with tenant_context(acme), connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(
            "INSERT INTO public.agenda_limits (tenant_id, least_interval_seconds) VALUES (%s, 3600)"
            " ON CONFLICT (tenant_id) DO UPDATE SET least_interval_seconds = 3600",
            [acme.pk],
        )

    answer = restore(owner, row, often)

    assert "not allowed any more" in answer.text
    assert "fires too often" in answer.text
    assert crontab_of(row_of(acme, pk=row.pk))[0] == "0 0 * * *"


def test_a_name_that_is_another_schedules_now_is_refused(acme, owner):
    row = seeded(acme)
    first = entry_numbers(owner, row)[0]
    change(owner, row, name="Renamed")
    add(owner, name="Close old orders")

    answer = restore(owner, row, first)

    assert "not allowed any more" in answer.text
    assert row_of(acme, pk=row.pk).name == "Renamed"


def test_a_page_that_is_stale_is_shown_again_and_changes_nothing(acme, owner):
    row = seeded(acme)
    first = entry_numbers(owner, row)[0]
    change(owner, row, crontab="1 1 * * *")
    address = f"{LIST}{row.pk}/history/{first}/restore/"
    shown = owner.get(address).context["now"]
    change(owner, row, crontab="2 2 * * *")

    answer = owner.post(address, {"now": shown})

    assert "Somebody changed this meanwhile" in answer.text
    assert crontab_of(row_of(acme, pk=row.pk))[0] == "2 2 * * *"


def test_restoring_twice_is_one_change(acme, owner):
    row = seeded(acme)
    first = entry_numbers(owner, row)[0]
    change(owner, row, crontab="1 1 * * *")

    restore(owner, row, first)
    again = restore(owner, row, first)

    assert "It is like this now." in told(again)
    assert len(entry_numbers(owner, row)) == 3


def test_restoring_takes_a_post_with_the_token(acme, owner):
    row = seeded(acme)
    first = entry_numbers(owner, row)[0]
    change(owner, row, crontab="1 1 * * *")
    owner.get(f"{LIST}{row.pk}/history/{first}/restore/")
    assert crontab_of(row_of(acme, pk=row.pk))[0] == "1 1 * * *"

    owner.handler.enforce_csrf_checks = True
    assert owner.post(f"{LIST}{row.pk}/history/{first}/restore/").status_code == 403


@pytest.mark.parametrize("number", [0, 999999999, 2**63, 10**30])
def test_an_entry_that_is_not_of_this_schedule_is_told(acme, globex, owner, number):
    row = seeded(acme)

    answer = owner.get(f"{LIST}{row.pk}/history/{number}/restore/", follow=True)

    assert answer.status_code == 200
    assert "This entry of the history is not known any more." in answer.text


def test_another_schedules_entry_is_not_restored_here(acme, owner):
    row = seeded(acme)
    add(owner)
    other = row_of(acme, name="Every Monday")
    number = entry_numbers(owner, other)[0]

    restore(owner, row, number)

    assert row_of(acme, pk=row.pk).name == "Close old orders"


@pytest.mark.parametrize("pk", ["0", "999999", "x", "1e3", "9" * 40, "%00", "٣"])
def test_a_schedule_that_never_was_has_no_history(owner, pk):
    assert owner.get(f"{LIST}{pk}/history/").status_code in {302, 400}
    assert owner.get(f"{LIST}{pk}/history/1/restore/").status_code in {302, 400}


def test_what_had_no_crontab_cannot_be_restored_and_says_so(acme, owner):
    with tenant_context(acme):
        row = written(acme, name="odd", interval=make_interval(2, "hours"))
    do(owner, "scheduling/schedule", "pause", [row.pk])
    paused = entry_numbers(owner, row)[0]
    change(owner, row, name="odd", crontab="1 1 * * *")

    answer = restore(owner, row, paused)

    assert "It had no crontab then" in told(answer)
    assert "It had no crontab then" in history(owner, row).text
    assert crontab_of(row_of(acme, pk=row.pk))[0] == "1 1 * * *"


def test_a_deleted_schedule_is_found_and_made_anew(acme, globex, owner):
    add(owner, overlap="wait")
    row = row_of(acme, name="Every Monday")
    owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    listed = owner.get(f"{LIST}deleted/")
    page = history(owner, row)
    form = owner.get(page.context["anew_url"]).context["adminform"].form

    assert f'href="{LIST}deleted/"' in owner.get(LIST).text
    assert f"{LIST}{row.pk}/history/" in listed.text
    assert "It was deleted." in page.text
    shown = {name: form[name].value() for name in ("name", "timezone", "days", "overlap")}
    assert shown == {
        "name": "Every Monday",
        "timezone": "Europe/Berlin",
        "days": "45",
        "overlap": "wait",
    }
    assert "Every Monday" not in owner_of("globex").get(f"{LIST}deleted/").text


def test_what_is_deleted_cannot_be_restored_in_place(acme, owner):
    add(owner)
    row = row_of(acme, name="Every Monday")
    number = entry_numbers(owner, row)[0]
    owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    assert "It was deleted" in told(restore(owner, row, number))


def test_a_history_of_any_length_takes_the_same_queries(acme, owner):
    row = seeded(acme)
    change(owner, row, crontab="1 1 * * *")
    before = queries_for(owner, f"{LIST}{row.pk}/history/")
    for minute in range(15):
        change(owner, row, crontab=f"{minute} 1 * * *")

    assert queries_for(owner, f"{LIST}{row.pk}/history/") == before < 30


def test_a_very_long_one_says_that_there_is_more(acme, owner):
    row = seeded(acme)
    with tenant_context(acme):
        one = Entry.objects.filter(model="scheduling.schedule").first()
        Entry.objects.bulk_create(
            Entry(
                action="update",
                model=one.model,
                object_pk=one.object_pk,
                via="test",
                changes={"enabled": [True, True]},
            )
            for _ in range(300)
        )

    page = history(owner, row)

    assert len(page.context["told"]) == 200
    assert "There is more" in page.text


def test_the_history_of_one_row_is_found_by_an_index(acme):
    with tenant_context(acme), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        query = Entry.objects.filter(model="scheduling.schedule", object_pk="1").order_by("-pk")
        plan = query[:200].explain()

    assert "entry_by_object" in plan


def test_a_stranger_sees_no_history(acme):
    row = seeded(acme)

    assert visitor("acme").get(f"{LIST}{row.pk}/history/").status_code == 302


def test_how_long_runs_are_kept_has_a_history_too(acme, globex, owner):
    page = "/admin/scheduling/runretention/1/"
    assert "Nothing was changed yet." in owner.get(f"{page}history/").text
    owner.post(f"{page}change/", {"runs_kept_days": "30"})
    owner.post(f"{page}change/", {"runs_kept_days": "60"})
    first = owner.get(f"{page}history/").context["told"][-1].step.entry.pk

    address = f"{page}history/{first}/restore/"
    answer = owner.post(address, {"now": owner.get(address).context["now"]})

    assert "It is again as it was then." in told(answer)
    with tenant_context(acme):
        assert RunRetention.current().days == 30
    with tenant_context(globex):
        assert not RunRetention.objects.exists()


def test_a_retention_that_is_not_allowed_any_more_is_refused(acme, owner):
    page = "/admin/scheduling/runretention/1/"
    owner.post(f"{page}change/", {"runs_kept_days": "30"})
    owner.post(f"{page}change/", {"runs_kept_days": "60"})
    first = owner.get(f"{page}history/").context["told"][-1].step.entry
    with tenant_context(acme), connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        changes = json.dumps({"runs_kept_days": [None, 1]})
        cursor.execute("UPDATE audit_entry SET changes = %s WHERE id = %s", [changes, first.pk])

    address = f"{page}history/{first.pk}/restore/"
    answer = owner.post(address, {"now": owner.get(address).context["now"]})

    assert "not allowed any more" in answer.text
    with tenant_context(acme):
        assert RunRetention.current().days == 60


def test_a_pause_is_told_with_its_reason_and_restored_with_it(acme, owner):
    row = seeded(acme)
    until = database_now() + timedelta(days=3)
    with tenant_context(acme):
        pause(row.pk, "stocktaking", until)
    paused = entry_numbers(owner, row)[0]
    with tenant_context(acme):
        resume(row.pk)

    newest, before = rows_of(history(owner, row))[:2]
    restore(owner, row, paused)

    assert ("Reason", "stocktaking", None) in newest[1]
    assert ("State", "active", "paused") in before[1]
    assert not row_of(acme, pk=row.pk).enabled
    with tenant_context(acme):
        known = Pause.objects.get(pk=row.pk)
    assert (known.reason, known.by) == ("stocktaking", "owner@acme.test")
    assert abs(known.until_at - until) < timedelta(seconds=1)


def test_a_pause_whose_end_is_past_is_not_restored(acme, owner):
    row = seeded(acme)
    with tenant_context(acme):
        pause(row.pk, "stocktaking", database_now() + timedelta(days=3))
    paused = entry_numbers(owner, row)[0]
    with tenant_context(acme):
        resume(row.pk)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(
            f"UPDATE {acme.schema_name}.audit_entry SET changes = jsonb_set("
            "changes::jsonb, '{until,1}', '\"2020-01-01T00:00:00Z\"') WHERE id = %s",
            [paused],
        )
        cursor.execute(
            f"UPDATE {acme.schema_name}.audit_entry SET changes = jsonb_set("
            "changes::jsonb, '{until,0}', '\"2020-01-01T00:00:00Z\"') WHERE id > %s",
            [paused],
        )

    answer = restore(owner, row, paused)

    assert "not allowed any more" in answer.text
    assert row_of(acme, pk=row.pk).enabled
