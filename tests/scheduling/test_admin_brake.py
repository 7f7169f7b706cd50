"""The brake on a schedule's page: the usual one unless its tenant chooses otherwise."""

import pytest
from django_tenants.utils import tenant_context

from scheduling.models import Brake
from tenants.audit.models import Entry
from tests.people import do, errors_of, logged_in, make_user, owner_of
from tests.scheduling.schedule_pages import LIST, add, change, row_of, seeded, written


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


def brakes_of(tenant):
    with tenant_context(tenant):
        return list(Brake.objects.values_list("periodic_task_id", "rule", "most"))


def test_the_page_says_what_holds_a_run_where_nothing_is_chosen(acme, owner):
    page = owner.get(f"{LIST}{seeded(acme).pk}/change/")

    assert page.context["adminform"].form["brake_rule"].value() == "usual"
    assert "above 100 and 10 times" in page.text
    assert "for 7 days" in page.text


def test_a_number_of_ones_own_is_kept_and_shown(acme, globex, owner):
    row = seeded(acme)

    change(owner, row, brake_rule="fixed", brake_most="250")

    assert brakes_of(acme) == [(row.pk, "fixed", 250)]
    assert brakes_of(globex) == []
    form = owner.get(f"{LIST}{row.pk}/change/").context["adminform"].form
    assert (form["brake_rule"].value(), form["brake_most"].value()) == ("fixed", 250)


@pytest.mark.parametrize("rule", ["usual", ""])
def test_what_is_usual_again_leaves_nothing_behind(acme, owner, rule):
    change(owner, seeded(acme), brake_rule="never")
    assert [rule for _id, rule, _most in brakes_of(acme)] == ["never"]

    change(owner, seeded(acme), brake_rule=rule, brake_most="7")

    assert brakes_of(acme) == []


@pytest.mark.parametrize(
    ("rule", "most", "field"),
    [
        ("fixed", "", "brake_most"),
        ("fixed", "-1", "brake_most"),
        ("fixed", "9" * 12, "brake_most"),
        ("fixed", "x", "brake_most"),
        ("odd", "1", "brake_rule"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_stored(acme, owner, rule, most, field):
    before = row_of(acme, name="Close old orders").crontab_id

    answer = change(owner, seeded(acme), brake_rule=rule, brake_most=most)

    assert list(errors_of(answer)) == [field]
    assert brakes_of(acme) == []
    assert row_of(acme, name="Close old orders").crontab_id == before


def test_a_new_schedule_has_the_brake_it_was_made_with(acme, owner):
    add(owner, brake_rule="never")

    assert brakes_of(acme) == [(row_of(acme, name="Every Monday").pk, "never", None)]


def test_a_task_without_a_brake_has_no_fields_for_it(acme, owner):
    row = written(acme, name="summary", task="orders.tasks.send_weekly_summary")

    form = owner.get(f"{LIST}{row.pk}/change/").context["adminform"].form

    assert "brake_rule" not in form.fields
    change(owner, row, brake_rule="never")
    assert brakes_of(acme) == []


def test_who_chose_a_brake_is_in_the_audit_log(acme, owner):
    change(owner, seeded(acme))
    change(owner, seeded(acme), brake_rule="fixed", brake_most="5")

    with tenant_context(acme):
        entry = Entry.objects.filter(model="scheduling.schedule").latest("pk")
    assert entry.changes == {"brake": [None, "fixed"], "brake_most": [None, 5]}


def test_a_viewer_chooses_none(acme):
    make_user(acme, "ann@acme.test", "viewer")

    change(logged_in("acme", "ann@acme.test"), seeded(acme), brake_rule="never")

    assert brakes_of(acme) == []


def test_a_brake_goes_with_its_schedule(acme, owner):
    row = written(acme, name="another")
    change(owner, row, brake_rule="never")

    do(owner, "scheduling/schedule", "delete_selected", [row.pk], post="yes")

    assert brakes_of(acme) == []


def test_the_history_tells_of_a_brake_in_words_and_restores_it(acme, owner):
    row = seeded(acme)
    change(owner, row, brake_rule="fixed", brake_most="5")
    change(owner, row, brake_rule="never")

    page = owner.get(f"{LIST}{row.pk}/history/")
    assert "when it would do more than a number of your own" in page.text
    older = [told.step.entry.pk for told in page.context["told"] if told.step.entry][1]
    address = f"{LIST}{row.pk}/history/{older}/restore/"
    owner.post(address, {"now": owner.get(address).context["now"]})

    assert brakes_of(acme) == [(row.pk, "fixed", 5)]
