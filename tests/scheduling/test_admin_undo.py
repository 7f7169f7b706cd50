"""A run's page in a tenant's admin: what the run closed, and how its owner has that undone."""

import pytest
from django_tenants.utils import tenant_context

from orders.by_hand import save_change
from orders.models import Order
from scheduling import admin_undo
from tests.people import logged_in, make_user, owner_of, queries_for, told
from tests.scheduling.undoings import make_run, run_that_closed, statuses


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


def page_of(run):
    return f"/admin/scheduling/run/{run.pk}/change/"


def undo_of(run):
    return f"/admin/scheduling/run/{run.pk}/undo/"


def numbers(page):
    return [trace.cells[0] for trace, _link in page.context["traces"]]


def edit(tenant, number, **columns):
    with tenant_context(tenant):
        order = Order.objects.get(number=number)
        for name, value in columns.items():
            setattr(order, name, value)
        save_change(order, list(columns))


def test_a_runs_page_lists_what_it_closed_page_by_page(acme, owner, monkeypatch):
    monkeypatch.setattr(admin_undo, "PAGE", 2)
    run, other = run_that_closed(acme, 3), run_that_closed(acme, 1)

    first = owner.get(page_of(run))
    second = owner.get(f"{page_of(run)}?after={first.context['next_after']}")

    assert numbers(first) + numbers(second) == [f"R{run.pk}-{number}" for number in range(3)]
    assert second.context["next_after"] is None
    assert f'href="/admin/orders/order/{first.context["traces"][0][0].key}/change/"' in first.text
    assert f"R{other.pk}-0" not in first.text


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "9" * 5000, "1.5", "%00", "²"])
def test_an_address_that_names_no_place_breaks_nothing(acme, owner, after):
    run = run_that_closed(acme, 1)

    assert owner.get(f"{page_of(run)}?after={after}").status_code in {200, 400}


def test_the_owner_is_asked_once_more_and_undoes_the_run(acme, owner):
    run = run_that_closed(acme, 3)
    edit(acme, f"R{run.pk}-1", status="fulfilled")
    assert undo_of(run) in owner.get(page_of(run)).text

    asked = owner.get(undo_of(run))
    assert numbers(asked) == [f"R{run.pk}-1"]
    assert "changed by hand" in asked.text
    assert statuses(acme) == ["closed", "closed", "fulfilled"]

    assert "2 reopened." in told(owner.post(undo_of(run)))
    assert statuses(acme) == ["fulfilled", "open", "open"]
    page = owner.get(page_of(run))
    assert "Undone by owner@acme.test" in page.text
    assert page.text.count("reopened by undoing the run") == 2
    assert undo_of(run) not in page.text


def test_twice_is_told_so(acme, owner):
    run = run_that_closed(acme, 1)
    owner.post(undo_of(run))

    assert "This run was undone already, by owner@acme.test." in told(owner.post(undo_of(run)))
    assert owner.get(undo_of(run))["Location"] == page_of(run)


def test_what_is_expired_cannot_be_undone(acme, owner):
    run = run_that_closed(acme, 1, days_ago=8)

    assert undo_of(run) not in owner.get(page_of(run)).text
    assert owner.get(undo_of(run)).status_code == 302
    assert "Too late" in told(owner.post(undo_of(run)))
    assert statuses(acme) == ["closed"]


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_only_owners_undo_and_others_see(acme, owner, role):
    run = run_that_closed(acme, 1)
    make_user(acme, f"{role}@acme.test", role)
    person = logged_in("acme", f"{role}@acme.test")

    assert undo_of(run) not in person.get(page_of(run)).text
    assert f"R{run.pk}-0" in person.get(page_of(run)).text
    assert person.get(undo_of(run)).status_code == 403
    assert person.post(undo_of(run)).status_code == 403
    assert statuses(acme) == ["closed"]


def test_the_other_tenants_owner_finds_no_such_run(acme, globex, owner):
    run = run_that_closed(acme, 1)

    answer = owner_of("globex").post(undo_of(run))

    assert answer.status_code == 404
    assert statuses(acme) == ["closed"]


def test_a_run_that_did_nothing_has_nothing_to_undo(acme, owner):
    with tenant_context(acme):
        run = make_run(task="orders.tasks.make_daily_report")

    page = owner.get(page_of(run))

    assert page.status_code == 200
    assert "What it did" not in page.text
    assert "There is nothing to undo" in told(owner.post(undo_of(run)))


def test_a_long_list_takes_no_more_queries(acme, owner):
    few, many = run_that_closed(acme, 2), run_that_closed(acme, 60)

    assert queries_for(owner, page_of(few)) == queries_for(owner, page_of(many)) < 30
