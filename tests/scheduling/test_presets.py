"""Choices from the list as crontabs and back: what is stored is shown as what was chosen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.cadence import CrontabCadence, InvalidCadence
from scheduling.presets import CUSTOM, STEPS, crontab_of, preset_of, step_text

PARTS = st.fixed_dictionaries(
    {
        "every": st.sampled_from([step_text(step) for step in STEPS]),
        "minute": st.integers(0, 59).map(str),
        "hour": st.integers(0, 23).map(str),
        "day": st.integers(1, 31).map(str),
        "weekdays": st.sets(st.integers(0, 6), min_size=1).map(
            lambda days: ",".join(map(str, sorted(days)))
        ),
    }
)
FIELD = st.text("0123456789*/,-", min_size=1, max_size=6)


@pytest.mark.parametrize("preset", ["minutes", "hourly", "daily", "weekdays", "weekly", "monthly"])
@given(parts=PARTS)
def test_a_choice_is_read_back_as_it_was_made(preset, parts):
    crontab = crontab_of(preset, parts)

    found, its_parts = preset_of(crontab)

    assert CrontabCadence.parse(crontab, "UTC")
    assert found == preset
    assert its_parts == {name: parts[name] for name in its_parts}
    assert crontab_of(found, its_parts) == crontab


@given(fields=st.lists(FIELD, min_size=5, max_size=5))
def test_any_crontab_is_shown_unchanged_or_as_a_custom_one(fields):
    crontab = " ".join(fields)

    preset, parts = preset_of(crontab)

    assert preset == CUSTOM or crontab_of(preset, parts) == crontab


@pytest.mark.parametrize(
    "crontab",
    [
        "00 6 * * *",
        "*/1 * * * *",
        "*/7 * * * *",
        "30 6 * * 3,1",
        "30 6 * * 1,1",
        "30 6 * * 7",
        "30 6 * * mon",
        "30 6 1 * 1",
        "30 6 1 2 *",
        "61 * * * *",
        "٣ * * * *",
        "30 6 * *",
        "",
    ],
)
def test_what_is_not_exactly_a_choice_is_a_custom_one(crontab):
    assert preset_of(crontab) == (CUSTOM, {})


def test_steps_come_at_one_distance_around_the_clock():
    for step in STEPS:
        try:
            minutes = CrontabCadence.parse(f"{step_text(step)} * * * *", "UTC").least_gap
        except InvalidCadence:
            pytest.fail(f"every {step} minutes is no crontab")
        assert minutes.total_seconds() == step * 60
        assert 60 % step == 0
