"""The checker finds what is planted, and nothing where all is well."""

from dataclasses import replace

import pytest

from tests.chaos.builders import (
    CLOSING,
    MINUTE,
    SECOND,
    SLOTS,
    clean_books,
    effects_of,
    succeeded,
    with_effect,
    with_run,
    without,
)
from tests.chaos.checker import check

ACME, GLOBEX = "t_acme", "t_globex"


def found(books):
    """What is found, by kind, without the kinds of which nothing is."""
    return {name: them for name, them in check(books).findings.items() if them}


def stretch(first, last, state="missed", **changes):
    """A run that stands for the slots from one to another."""
    return succeeded(
        ACME,
        first,
        **{"state": state, "closed": 0, "last_slot_at": SLOTS[last], "slots": last - first + 1}
        | changes,
    )


def test_nothing_is_found_in_clean_books():
    verdict = check(clean_books())

    assert verdict.is_clean
    assert (verdict.due, verdict.share_succeeded) == (10, 1.0)


def test_a_lost_slot_is_missing():
    assert found(without(clean_books(), ACME, 2)) == {
        "missing": [f"t_acme/1 at {SLOTS[2]}: no run"]
    }


def test_a_slot_whose_run_never_ended_is_missing():
    running = succeeded(ACME, 2, state="running", closed=0)

    assert found(with_run(without(clean_books(), ACME, 2), running)) == {
        "missing": [f"t_acme/1 at {SLOTS[2]}: running"]
    }


def test_slots_within_a_stretch_are_accounted_for():
    books = without(without(clean_books(), ACME, 1), ACME, 2)

    assert found(with_run(books, stretch(1, 2))) == {}
    assert check(with_run(books, stretch(1, 2))).states["once"] == {"succeeded": 8, "missed": 2}


def test_a_stretch_that_counts_wrong_is_surplus():
    books = without(without(clean_books(), ACME, 1), ACME, 2)

    assert list(found(with_run(books, stretch(1, 2, slots=3)))) == ["surplus"]


def test_a_slot_in_a_run_and_in_a_stretch_is_doubled():
    books = without(clean_books(), ACME, 1)

    assert found(with_run(books, stretch(1, 2))) == {
        "doubled": [f"t_acme/1 at {SLOTS[2]}: in runs [3, 2]"]
    }


def test_a_second_run_of_a_slot_is_doubled():
    again = succeeded(ACME, 2, id=77, closed=0)

    assert found(with_run(clean_books(), again)) == {
        "doubled": [f"t_acme/1 at {SLOTS[2]}: in runs [3, 77]"]
    }


def test_a_second_effect_is_doubled_and_not_what_the_run_says():
    order = effects_of(ACME, 2)[1]

    assert found(with_effect(clean_books(), order)) == {
        "doubled": ["order t_acme/3 of t_acme: changed 2 times"],
        "untrue": [f"run 3 of t_acme/1 at {SLOTS[2]}: says it closed 1 orders, and it closed 2"],
    }


def test_a_run_that_succeeds_twice_is_doubled():
    end = effects_of(ACME, 2)[2]

    assert found(with_effect(clean_books(), end)) == {
        "doubled": ["run 3 of t_acme: succeeded 2 times"]
    }


def test_a_run_that_goes_on_after_its_end_is_doubled():
    again = replace(effects_of(ACME, 2)[0], before="failed", after="running")

    assert found(with_effect(clean_books(), again)) == {
        "doubled": ["run 3 of t_acme: running after it was failed"]
    }


def test_an_effect_by_another_tenants_role_is_foreign():
    begun, order, ended = effects_of(ACME, 2)
    books = without(clean_books(), ACME, 2)
    books = replace(books, runs=clean_books().runs)

    foreign = replace(order, role="tb_t_globex")
    for effect in (begun, foreign, ended):
        books = with_effect(books, effect)

    assert found(books) == {"foreign": ["order t_acme/3 of t_acme: changed by tb_t_globex"]}


def test_an_order_in_another_tenants_schema_is_foreign():
    strange = replace(effects_of(ACME, 2)[1], subject="t_globex/99")

    assert found(with_effect(clean_books(), strange))["foreign"] == [
        "order t_globex/99 of t_acme: was made for another tenant"
    ]


def test_a_transaction_in_two_schemas_is_foreign():
    stray = replace(effects_of(GLOBEX, 2)[0], after="held", transaction=3)

    assert found(with_effect(clean_books(), stray)) == {
        "foreign": ["transaction 3: in t_acme, t_globex"]
    }


def test_a_run_at_no_slot_is_surplus():
    odd = succeeded(ACME, 2, id=77, slot_at=SLOTS[2] + SECOND, closed=0)

    assert list(found(with_run(clean_books(), odd))) == ["surplus"]


def test_a_run_after_the_closing_is_surplus():
    late = succeeded(ACME, 4, id=77, slot_at=SLOTS[4] + MINUTE, closed=0)

    assert list(found(with_run(clean_books(), late))) == ["surplus"]


def test_a_run_of_no_schedule_is_surplus():
    unknown = succeeded(ACME, 2, id=77, periodic_task_id=9, closed=0)

    assert list(found(with_run(clean_books(), unknown))) == ["surplus"]


def test_what_was_paused_after_the_closing_is_well():
    paused = stretch(4, 4, state="paused", id=77, slot_at=SLOTS[4] + MINUTE, last_slot_at=None)

    assert found(with_run(clean_books(), paused)) == {}


@pytest.mark.parametrize("gone", [True, False])
def test_a_slot_in_the_moment_of_the_closing_is_in_doubt(gone):
    books = clean_books(
        closings=dict.fromkeys((ACME, GLOBEX), CLOSING._replace(begins_at=SLOTS[4]))
    )

    assert found(without(books, ACME, 4) if gone else books) == {}


def test_an_order_that_no_run_closed_is_missing():
    assert found(clean_books(left_open={ACME: ["t_acme/99"], GLOBEX: []})) == {
        "missing": ["order t_acme/99 of t_acme: left open by every run"]
    }


def test_an_order_closed_by_a_run_that_is_not_there_is_untrue():
    stray = replace(effects_of(ACME, 2)[1], subject="t_acme/99", run_id=77)

    assert found(with_effect(clean_books(), stray)) == {
        "untrue": ["1 orders of t_acme: closed by run 77, which there is not"]
    }


def test_catching_up_is_against_the_policy_skip():
    books = clean_books()
    skip = replace(books, schedules=[replace(s, catch_up="skip") for s in books.schedules])
    skip.runs[2] = replace(skip.runs[2], trigger="catch_up")

    assert found(skip) == {"untrue": [f"{skip.runs[2]}: caught up, though its policy is skip"]}
    assert found(replace(skip, has_policies=False)) == {}


def test_missing_slots_is_against_the_policy_all():
    books = without(without(clean_books(), ACME, 1), ACME, 2)
    books = replace(books, schedules=[replace(s, catch_up="all") for s in books.schedules])

    assert list(found(with_run(books, stretch(1, 2)))) == ["untrue"]
