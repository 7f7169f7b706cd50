"""What slots there should have been."""

from datetime import timedelta

from tests.chaos import oracle
from tests.chaos.builders import MINUTE, NOON, SECOND
from tests.chaos.records import Schedule
from tests.chaos.schedules import every_minute, is_calm, plan_schedules

FOUR = ["t_a", "t_b", "t_c", "t_d"]


def test_a_crontab_fires_at_its_minutes_from_its_start_on():
    schedule = Schedule("t_acme", 1, NOON + 30 * SECOND, crontab="* * * * *")

    assert oracle.slots(schedule, NOON + 2 * MINUTE) == [NOON + MINUTE, NOON + 2 * MINUTE]


def test_a_crontab_is_read_by_the_clock_of_its_zone():
    in_berlin = Schedule("t_acme", 1, NOON, crontab="* 13 * * *", zone="Europe/Berlin")
    in_utc = Schedule("t_acme", 1, NOON, crontab="* 13 * * *", zone="UTC")

    assert oracle.slots(in_berlin, NOON + MINUTE) == [NOON, NOON + MINUTE]
    assert oracle.slots(in_utc, NOON + MINUTE) == []


def test_an_interval_counts_from_its_start():
    schedule = Schedule("t_acme", 1, NOON + SECOND, every_seconds=7)

    slots = oracle.slots(schedule, NOON + 15 * SECOND)

    assert [(slot - NOON).seconds for slot in slots] == [1, 8, 15]


def test_every_crontab_that_is_planned_fires_every_minute():
    for number in range(8):
        for zone in ("Asia/Kathmandu", "Pacific/Kiritimati", "UTC"):
            text = every_minute(number, zone, NOON)
            schedule = Schedule("t_acme", 1, NOON, crontab=text, zone=zone)
            assert len(oracle.slots(schedule, NOON + timedelta(hours=1))) == 61, text


def test_each_tenant_has_two_schedules_of_one_policy_and_the_policies_take_turns():
    planned = list(plan_schedules(FOUR, range(5, 7), NOON))

    assert [s.catch_up for s in planned[::2]] == ["skip", "once", "all", "skip"]
    assert [s.catch_up for s in planned[1::2]] == ["skip", "once", "all", "skip"]
    assert [s.every_seconds for s in planned] == [0, 5, 0, 6, 0, 5, 0, 6]


def test_a_schedule_is_calm_away_from_its_slots():
    schedule = Schedule("t_acme", 1, NOON, every_seconds=7)

    assert is_calm(schedule, NOON + 3 * SECOND)
    assert not is_calm(schedule, NOON + 6.5 * SECOND)
    assert not is_calm(schedule, NOON + 7.5 * SECOND)
