"""A tenant's runs in its own admin."""

from datetime import timedelta

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.models import Run
from tests.conftest import NOON
from tests.people import owner_of, queries_for
from tests.scheduling.builders import CLOSING, make_periodic_task
from tests.scheduling.schedule_pages import seeded

LIST = "/admin/scheduling/run/"
HOUR = timedelta(hours=1)
#: Of all, of those that are searched for, and of those of one kind.
QUERIES = ["", "?q=Close", "?state__exact=failed"]


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def make_runs(tenant, *states, **fields):
    """Store runs of the tenant's first schedule, hour by hour."""
    with tenant_context(tenant):
        schedule = PeriodicTask.objects.earliest("pk").pk
        given = {"periodic_task_id": schedule, "name": "Close", "trigger": "schedule"} | fields
        return [
            Run.objects.create(slot_at=NOON + number * HOUR, state=state, **given)
            for number, state in enumerate(states)
        ]


def states(client, query=""):
    page = client.get(f"{LIST}{query}")
    return [run.state for run in page.context["cl"].result_list]


def test_runs_are_listed_newest_first_and_filtered(acme, globex, owner):
    make_runs(acme, "failed", "succeeded", "succeeded")

    assert states(owner) == ["succeeded", "succeeded", "failed"]
    assert states(owner, "?state__exact=failed") == ["failed"]
    assert states(owner, "?trigger__exact=manual") == []
    assert states(owner, "?slot_at__gte=2026-11-22+14:00:00%2B00:00") == ["succeeded"]
    assert owner_of("globex").get(LIST).context["cl"].result_count == 0


def test_runs_are_filtered_by_schedule_also_by_one_that_is_gone(acme, owner):
    make_runs(acme, "succeeded")
    make_runs(acme, "failed", periodic_task_id=999)
    own = seeded(acme).pk

    assert states(owner, f"?periodic_task_id={own}") == ["succeeded"]
    assert states(owner, "?periodic_task_id=999") == ["failed"]
    assert "A deleted schedule" in owner.get(f"{LIST}?periodic_task_id=999").text


def test_a_runs_page_tells_its_parameters_by_the_labels_of_the_tasks_form(acme, owner):
    (run,) = make_runs(acme, "succeeded", task=CLOSING, parameters={"days": 30, "since": None})
    (other,) = make_runs(acme, "failed", task="gone", periodic_task_id=999, parameters={"x": "y"})

    assert "days: 30</div>" in owner.get(f"{LIST}{run.pk}/change/").text
    assert "x: y</div>" in owner.get(f"{LIST}{other.pk}/change/").text


def test_what_is_not_known_of_a_run_is_a_dash_on_its_page(acme, owner):
    (run,) = make_runs(acme, "succeeded", trigger="manual")

    page = owner.get(f"{LIST}{run.pk}/change/").text

    assert "Asked for by" in page
    assert ">None<" not in page


@pytest.mark.parametrize("key", ["x", "-1", "²", "9" * 30, "9" * 5000, "1.5"])
def test_a_schedule_that_cannot_be_is_refused(owner, key):
    assert owner.get(f"{LIST}?periodic_task_id={key}").status_code == 302


def test_slots_are_shown_on_their_schedules_clocks(acme, owner):
    with tenant_context(acme):
        tokyo = make_periodic_task(timezone="Asia/Tokyo").pk
    make_runs(acme, "succeeded", periodic_task_id=tokyo)
    make_runs(acme, "succeeded", periodic_task_id=999)

    page = owner.get(LIST).text

    assert "Sun 22 Nov 2026, 21:00 JST" in page
    assert "Sun 22 Nov 2026, 13:00 CET" in page


def test_a_zone_that_does_not_exist_hides_no_run(acme, owner):
    with tenant_context(acme):
        mars = make_periodic_task(timezone="Mars").pk
    make_runs(acme, "succeeded", periodic_task_id=mars)

    assert "Sun 22 Nov 2026, 13:00 CET" in owner.get(LIST).text


def test_slots_in_a_row_are_one_line_with_first_last_and_number(acme, owner):
    make_runs(acme, "missed", slots=4, last_slot_at=NOON + 3 * HOUR)

    page = owner.get(LIST).text

    assert "Sun 22 Nov 2026, 13:00 CET to Sun 22 Nov 2026, 16:00 CET: 4 slots" in page


def test_a_list_tells_outcome_duration_counts_and_reason_in_words(acme, owner):
    error = "ValueError: <b>no</b> sum"
    end = NOON + timedelta(seconds=3)
    make_runs(acme, "failed", error=error, started_at=NOON, finished_at=end, examined=9, closed=4)

    page = owner.get(LIST).text

    assert '<span aria-hidden="true">✗</span> failed' in page
    assert '<td class="field-duration">3 s</td>' in page
    assert "4 / 9" in page
    assert "An unexpected error: &lt;b&gt;no&lt;/b&gt; sum" in page
    assert "ValueError" not in page


def test_an_empty_list_says_why_and_what_next(acme, owner):
    assert "There are no runs yet." in owner.get(LIST).text
    assert "No run is such as you look for." in owner.get(f"{LIST}?state__exact=failed").text


def test_all_can_be_shown_again_where_not_all_are(acme, owner):
    make_runs(acme, "failed", "succeeded")

    offered = ["Show all</a>" in owner.get(f"{LIST}{query}").text for query in QUERIES]

    assert offered == [False, True, True]


def test_a_list_that_is_cut_says_so(acme, owner, monkeypatch):
    monkeypatch.setattr("admin_parts.long_lists.COUNT_MAXIMUM", 2)
    make_runs(acme, "failed")
    assert "These are the first" not in owner.get(LIST).text

    make_runs(acme, "failed", "succeeded", "succeeded", periodic_task_id=999)
    assert "These are the first 2" in owner.get(LIST).text


def test_a_longer_list_takes_no_more_queries(acme, owner):
    make_runs(acme, "succeeded")
    few = queries_for(owner, LIST)
    make_runs(acme, *["failed"] * 60, periodic_task_id=999)

    assert queries_for(owner, LIST) == few < 30


def test_a_runs_page_tells_what_happened_and_keeps_the_technical_text_aside(acme, owner):
    (run,) = make_runs(acme, "failed", error="ValueError: no sum", started_at=NOON)

    page = owner.get(f"{LIST}{run.pk}/change/").text

    assert "It failed." in page
    assert "Reason: An unexpected error: no sum" in page
    assert "<details><summary>The technical text" in page
    assert "ValueError: no sum</pre>" in page
    assert "<progress" not in page


def test_runs_cannot_be_written_not_even_by_the_owner(acme, owner):
    (run,) = make_runs(acme, "succeeded")

    page = f"{LIST}{run.pk}"
    assert owner.get(f"{page}/change/").status_code == 200
    assert owner.post(f"{page}/change/", {"state": "succeeded"}).status_code == 403
    assert owner.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert owner.get(f"{LIST}add/").status_code == 403
