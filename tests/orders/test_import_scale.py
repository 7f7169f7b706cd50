"""Long files: constant memory, and errors at the very end."""

import subprocess
import sys
import tracemalloc
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError

from orders.models import Order
from tests.orders.builders import HEADER, run_import, stored

BEGIN = datetime(2010, 1, 1)  # noqa: DTZ001  # wall-clock time, as in a file
SHORT, LONG = 50_000, 1_000_000  # lines
#: What a list of 25,000 rows would exceed several times.
MEMORY_MAXIMUM = 3_000_000  # bytes
MEGABYTE = 1024  # in the units of ru_maxrss


def lengths():
    return pytest.mark.parametrize(
        "length", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"]
    )


@pytest.fixture
def long_file(tmp_path):
    """Write a file of so many good lines, and one more to end with."""

    def write(length, last):
        path = tmp_path / "orders.csv"
        with path.open("w") as file:
            file.write(f"{HEADER},customer\n")
            for number in range(length):
                placed_at = BEGIN + timedelta(seconds=number)
                file.write(f'A{number},{placed_at},{number % 1000}.50,"Smith, Bob"\n')
            file.write(last)
        return path

    return write


@lengths()
def test_a_long_file_cut_in_a_quoted_cell_is_refused_whole(in_acme, long_file, length):
    path = long_file(length, 'last,2010-12-01 08:34,1,"Smi')

    with pytest.raises(CommandError, match=f"line {length + 2}: a quote is opened and never"):
        run_import("acme", path)

    assert stored("number") == []


@lengths()
def test_a_long_file_whose_last_date_does_not_exist_loses_one_line(
    in_acme, long_file, import_into, length
):
    path = long_file(length, "last,2011-02-30 08:34,1,Smith\n")

    code, answer = import_into("acme", path)

    assert (code, answer["imported"]) == (1, length)
    assert [rejection["line"] for rejection in answer["rejected"]] == [length + 2]
    assert Order.objects.count() == length


def test_memory_does_not_grow_with_the_file(in_acme, long_file, import_into):
    length = SHORT // 2
    path = long_file(length, "A0,2011-02-28 08:34,1,Smith\n")
    tracemalloc.start()

    try:
        _, answer = import_into("acme", path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert answer["rejected"] == [
        {"line": length + 2, "reason": "number: 'A0' was on line 2 already"}
    ]
    assert peak < MEMORY_MAXIMUM


@pytest.mark.long
@pytest.mark.parametrize(
    "date", ["2010-12-01 08:34:00", "2011-02-30 08:34:00"], ids=["good", "bad"]
)
def test_a_million_lines_need_no_more_memory_than_a_few(committed, tmp_path, date):
    few, many = (memory_of_import(tmp_path, length, date) for length in (10, LONG))

    assert many - few < 30 * MEGABYTE


def memory_of_import(folder, length, date):
    """Import so many lines in a process of its own, taking all of it back; return its peak memory."""
    path = folder / "orders.csv"
    lines = (f"A{number},{date},1.50\n" for number in range(length))
    with path.open("w") as file:
        file.writelines([f"{HEADER}\n"])
        file.writelines(lines)
    import_it = ["manage.py", "import_orders", "acme", str(path), "--dry-run", "--json"]
    measure = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", measure, *import_it], capture_output=True, check=True, text=True
    )
    return int(finished.stdout)
