"""Whatever is asked of a cadence, by form, command or SQL: an answer, and beat goes on."""

import contextlib

from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import strategies as st

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import DueSlot
from scheduling.agenda.reindex import reindex_changed
from scheduling.schedules import Wish, entry_called, set_cadence
from tenants.schema import enter_public_schema
from tests.attacks.fuzzing import ANYTHING, CRONTAB, EXAMPLES, try_all
from tests.people import owner_of
from tests.scheduling.schedule_pages import LIST, add, written

ZONE = st.sampled_from(["UTC", "Asia/Kathmandu", "Mars/Olympus", "", "../etc/passwd"]) | ANYTHING
PARAMETERS = st.dictionaries(
    st.sampled_from(["days", "slot", "self", "x"]),
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING | st.lists(st.integers()),
    max_size=3,
)
#: Five fields as the columns hold them, whatever Celery makes of them.
FIVE = st.lists(
    st.text("0123456789*/,-LW#?xX", min_size=1, max_size=20), min_size=5, max_size=5
).map(" ".join)
#: What the columns of text can hold: Postgres itself refuses a NUL and half of a surrogate pair.
COLUMN = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@EXAMPLES
def test_a_wish_is_met_or_refused_with_a_reason(in_acme, examples):
    def check(crontab, timezone, name, parameters):
        with contextlib.suppress(ValidationError), transaction.atomic():
            set_cadence(entry_called(None), Wish(crontab, timezone, name, parameters), "UTC")

    names = st.none() | COLUMN
    try_all(check, examples, crontab=CRONTAB, timezone=ZONE, name=names, parameters=PARAMETERS)


@EXAMPLES
def test_a_form_answers_whatever_it_is_sent(acme, examples):
    owner = owner_of("acme")

    def check(**fields):
        assert add(owner, **fields).status_code in {200, 302, 400}

    fields = dict.fromkeys(["name", "task", "days", "enabled"], ANYTHING)
    try_all(check, examples, crontab=CRONTAB | ANYTHING, timezone=ZONE, **fields)


@EXAMPLES
def test_no_row_stops_beat_or_breaks_the_list(acme, globex, examples):
    owner = owner_of("acme")

    def check(**columns):
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            row = written(acme, name="odd", **columns)
            enter_public_schema()
            while reindex_changed(database_now()):
                pass
            assert DueSlot.objects.filter(tenant=acme, periodic_task_id=row.pk).exists()
            assert owner.get(LIST).status_code == 200
            raise ZeroDivisionError

    columns = dict.fromkeys(["args", "kwargs", "headers", "task", "queue"], COLUMN)
    try_all(check, examples, **columns, crontab=FIVE, priority=st.none() | st.integers(-9, 255))
