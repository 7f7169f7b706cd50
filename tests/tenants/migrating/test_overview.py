"""Which tenants are behind, and why: by a command, and in the platform's admin."""

import json

import pytest
from django.core.management import call_command

from tenants.models import MigrationFailure
from tests.conftest import NOON
from tests.tenants.migrating.builders import LAST, set_back

REASON = 'ProgrammingError: column "x" is missing'


def migrations(capsys):
    try:
        call_command("migrations", "--json")
    except SystemExit as end:
        return json.loads(capsys.readouterr().out), end.code
    return json.loads(capsys.readouterr().out), 0


@pytest.fixture
def failed(acme):
    set_back(acme)
    return MigrationFailure.objects.create(tenant=acme, reason=REASON, failed_at=NOON, attempts=2)


def test_a_fleet_that_is_up_to_date_says_so(acme, globex, capsys):
    assert migrations(capsys) == ({"tenants": 2, "up_to_date": 2, "behind": [], "unknown": []}, 0)


def test_who_is_behind_is_named_with_what_it_lacks_and_why(failed, acme, globex, capsys):
    answer, code = migrations(capsys)

    assert code == 1
    assert (answer["tenants"], answer["up_to_date"]) == (2, 1)
    assert answer["behind"] == [
        {
            "slug": "acme",
            "schema_name": acme.schema_name,
            "lacks": [LAST],
            "reason": REASON,
            "failed_at": "2026-11-22T12:00:00Z",
            "attempts": 2,
        }
    ]


def test_people_read_it_too(failed, capsys):
    with pytest.raises(SystemExit):
        call_command("migrations")

    out = capsys.readouterr().out
    assert "1 of 2 tenants are up to date" in out
    assert f"acme: lacks {LAST}" in out
    assert f"failed 2 times: {REASON}" in out
