"""Many tenants at once: in batches, in several processes, and by several commands."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django_tenants.utils import tenant_context

from orders.models import Order
from tenants import batches
from tenants.batches import provision_all, provision_batch
from tenants.models import Domain, Tenant
from tenants.postgresql.logins import execute
from tenants.roster import Line
from tenants.side_by_side import Unreachable
from tests.tenants.committed import remove

ROOT = Path(__file__).resolve().parents[2]


def line(number, slug, name="X"):
    return Line(number, slug, name, "UTC", f"owner@{slug}.test")


def break_down_at_hooli(tenant):
    if tenant.slug == "hooli":
        raise RuntimeError("half way")


@pytest.fixture
def hooli_breaks(settings):
    steps = settings.TENANT_PROVISIONING_STEPS
    settings.TENANT_PROVISIONING_STEPS = [*steps, f"{__name__}.break_down_at_hooli"]


def test_a_line_that_breaks_half_way_loses_no_other_of_its_batch(acme, hooli_breaks):
    report = provision_batch([line(2, "raviga"), line(3, "hooli"), line(4, "initech")])

    assert report.created == 2
    assert report.failed == [{"line": 3, "slug": "hooli", "reason": "RuntimeError: half way"}]
    assert set(Tenant.objects.active().customers().values_list("slug", flat=True)) >= {
        "raviga",
        "initech",
    }
    assert not Tenant.objects.filter(slug="hooli").exists()
    assert not execute("SELECT FROM pg_namespace WHERE nspname LIKE 't_hooli%'")


def test_each_of_a_batch_can_be_entered_and_holds_its_own(acme):
    provision_batch([line(2, "raviga"), line(3, "initech")])

    for slug in ("raviga", "initech"):
        with tenant_context(Tenant.objects.get(slug=slug)):
            assert Order.objects.count() == 0
            assert execute("SELECT current_user LIKE '%' || current_schema") == [(True,)]


def test_a_batch_that_cannot_be_stored_is_made_line_by_line(acme, monkeypatch):
    real, calls = batches.furnish_lines, []

    def fail_at_the_end(lines):
        real(lines)
        calls.append(len(lines))
        execute("SELECT 1 / 0")

    monkeypatch.setattr(batches, "furnish_lines", fail_at_the_end)

    report = provision_batch([line(2, "raviga"), line(3, "initech")])

    assert (report.created, report.failed, calls) == (2, [], [2])


def test_of_two_lines_with_one_slug_the_later_fails_however_far_apart(acme):
    lines = [line(n, f"s{n}") for n in range(2, 12)] + [line(12, "s2", name="Again")]

    report = provision_all(lines)

    assert report.created == 10
    assert [failure["line"] for failure in report.failed] == [12]
    assert Tenant.objects.get(slug="s2").name == "X"


@pytest.fixture
def unblocked(django_db_setup, django_db_blocker):
    """Work outside of a transaction, as commands do, and remove what came of it."""
    with django_db_blocker.unblock():
        before = set(Tenant.objects.values_list("pk", flat=True))
        yield
        for tenant in Tenant.objects.exclude(pk__in=before):
            remove(tenant)


def test_several_processes_make_each_tenant_once(unblocked):
    done = list[int]()

    report = provision_all([line(n, f"s{n}") for n in range(2, 14)], workers=2, on_done=done.append)

    assert (report.created, report.failed, sum(done)) == (12, [], 12)
    assert Tenant.objects.active().filter(slug__startswith="s").count() == 12


def die_at_s9(tenant):
    if tenant.slug == "s9":
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_leaves_whole_tenants_or_nothing(unblocked, settings):
    steps = settings.TENANT_PROVISIONING_STEPS
    settings.TENANT_PROVISIONING_STEPS = [*steps, f"{__name__}.die_at_s9"]
    lines = [line(n, f"s{n}") for n in range(2, 12)]
    with pytest.raises(Unreachable):
        provision_all(lines, workers=2)

    made = Tenant.objects.filter(slug__startswith="s")
    assert {tenant.state for tenant in made.all()} <= {"active"}
    assert not made.filter(slug="s9").exists()
    schemas = [name for (name,) in execute("SELECT nspname FROM pg_namespace")]
    assert {name for name in schemas if name.startswith("t_s")} == {
        t.schema_name for t in made.all()
    }
    settings.TENANT_PROVISIONING_STEPS = steps

    again = provision_all(lines, workers=2)

    assert again.created + len(again.failed) == 10
    assert made.count() == Domain.objects.filter(tenant__in=made).count() == 10


def test_several_commands_at_once_make_each_tenant_once(unblocked, tmp_path):
    path = tmp_path / "tenants.csv"
    path.write_text("slug,name\n" + "".join(f"s{n},S\n" for n in range(12)))
    command = [
        sys.executable,
        "manage.py",
        "provision_tenants",
        str(path),
        "--json",
        "--parallel=2",
    ]

    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in both]

    assert sum(answer["created"] for answer in answers) == 12
    assert Counter(len(answer["failed"]) + answer["created"] for answer in answers) == {12: 2}
    assert Tenant.objects.active().filter(slug__startswith="s").count() == 12
