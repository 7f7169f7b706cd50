import json

import pytest
from django.core.exceptions import ValidationError
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.pausing import pause
from scheduling.schedules import Wish, entry_called, set_cadence
from tests.scheduling import sample_tasks

ZONE = "Europe/Berlin"


def seeded():
    return PeriodicTask.objects.select_related("crontab").get(name="Close old orders")


def cadence_of(row):
    fields = (row.crontab.minute, row.crontab.hour, row.crontab.day_of_month)
    return " ".join((*fields, row.crontab.month_of_year, row.crontab.day_of_week))


def test_without_a_name_the_seeded_schedule_is_changed(in_acme, globex):
    set_cadence(entry_called(None), Wish("30 18 * * 1-5"), ZONE)

    assert cadence_of(seeded()) == "30 18 * * 1-5"
    assert PeriodicTask.objects.count() == 1
    with tenant_context(globex):
        assert cadence_of(seeded()) == "0 0 * * *"


def test_the_seeded_schedule_is_found_under_a_new_name(in_acme):
    PeriodicTask.objects.update(name="Nightly")

    set_cadence(entry_called(None), Wish("5 5 * * *"), ZONE)

    assert cadence_of(PeriodicTask.objects.select_related("crontab").get()) == "5 5 * * *"


def test_a_zone_that_is_not_named_stays(in_acme):
    set_cadence(entry_called(None), Wish("0 1 * * *", timezone="Asia/Tokyo"), ZONE)
    set_cadence(entry_called(None), Wish("0 2 * * *"), ZONE)

    assert str(seeded().crontab.timezone) == "Asia/Tokyo"


def test_a_schedule_by_another_name_is_made_and_then_changed(in_acme):
    for crontab in ("0 1 * * *", "0 2 * * *"):
        set_cadence(entry_called(None), Wish(crontab, name="Twice a day"), ZONE)

    made = PeriodicTask.objects.select_related("crontab").get(name="Twice a day")
    assert cadence_of(made) == "0 2 * * *"
    assert str(made.crontab.timezone) == ZONE
    assert cadence_of(seeded()) == "0 0 * * *"


def test_parameters_that_are_not_named_stay(in_acme):
    set_cadence(entry_called(None), Wish("0 0 * * *", parameters={"days": 45}), ZONE)
    set_cadence(entry_called(None), Wish("0 1 * * *"), ZONE)

    assert seeded().kwargs == '{"days": 45}'


def test_one_parameter_changes_and_the_other_stays(in_acme):
    entry = entry_called(sample_tasks.single.name)
    for parameters in ({"size": 5}, {"colour": "blue"}):
        set_cadence(entry, Wish("0 0 * * *", parameters=parameters), ZONE)

    row = PeriodicTask.objects.get(task=entry.name)
    assert json.loads(row.kwargs) == {"size": 5, "colour": "blue"}


def test_crontab_rows_are_values_shared_and_never_changed(in_acme):
    shared = seeded().crontab_id
    set_cadence(entry_called(None), Wish("0 0 * * *", name="Another"), ZONE)
    set_cadence(entry_called(None), Wish("0 3 * * *"), ZONE)

    assert PeriodicTask.objects.get(name="Another").crontab_id == shared
    assert cadence_of(PeriodicTask.objects.select_related("crontab").get(name="Another")) == (
        "0 0 * * *"
    )
    assert CrontabSchedule.objects.count() == 2


REFUSALS = {
    "empty part": (Wish("1,,2 * * * *"), "minute"),
    "negative": (Wish("-5 * * * *"), "minute"),
    "step of zero": (Wish("*/0 * * * *"), "minute"),
    "never": (Wish("0 0 31 2 *"), "day_of_month"),
    "four fields": (Wish("0 0 * *"), "crontab"),
    "Arabic digits": (Wish("٣ * * * *"), "minute"),
    "unknown zone": (Wish("0 0 * * *", timezone="Mars/Olympus"), "timezone"),
    "unknown parameter": (Wish("0 0 * * *", parameters={"dayz": 3}), "parameters"),
    "parameter out of bounds": (Wish("0 0 * * *", parameters={"days": 0}), "parameters"),
    "name too long": (Wish("0 0 * * *", name="x" * 201), "name"),
}


@pytest.mark.parametrize(("wish", "field"), REFUSALS.values(), ids=REFUSALS)
def test_a_bad_wish_names_its_field_and_changes_nothing(in_acme, wish, field):
    with pytest.raises(ValidationError) as refusal:
        set_cadence(entry_called(None), wish, ZONE)

    assert list(refusal.value.message_dict) == [field]
    assert cadence_of(seeded()) == "0 0 * * *"
    assert PeriodicTask.objects.count() == 1


def test_a_task_that_is_not_offered_cannot_be_scheduled(in_acme):
    for task in ("os.system", "celery.backend_cleanup", "tenants.tasks.build_tenant"):
        with pytest.raises(ValidationError, match="cannot be scheduled"):
            entry_called(task)


def test_pausing_leaves_the_cadence_and_the_other_tenant_alone(in_acme, globex):
    pause(seeded().pk)

    assert (seeded().enabled, cadence_of(seeded())) == (False, "0 0 * * *")
    with tenant_context(globex):
        assert seeded().enabled
