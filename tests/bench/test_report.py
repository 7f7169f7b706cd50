"""The page of benchmarks says what was measured, and nothing else."""

import pytest

from bench import results
from bench.registry import Benchmark
from bench.report import BEGIN, END, shown, write_page

BURST = Benchmark(
    name="burst",
    title="A burst",
    measured="All at once.",
    run=lambda is_full: [],
    columns={"slots": "slots", "ratio": "ratio"},
)


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "benchmarks.md"
    path.write_text(f"# Written by people\n\n{BEGIN}\nold\n{END}\nand so is this\n")
    return path


@pytest.fixture
def kept(tmp_path, db):
    return tmp_path / "results.json"


def test_the_tables_are_made_from_the_results(page, kept):
    results.keep(BURST, [{"slots": 10_000, "ratio": 6.123}, {"slots": 100_000}], path=kept)

    write_page(results.read(kept), page)

    text = page.read_text()
    assert "| slots | ratio |\n|---|---|\n| 10,000 | 6.12 |\n| 100,000 | - |\n" in text
    assert text.startswith("# Written by people\n")
    assert text.endswith(f"{END}\nand so is this\n")
    assert "old" not in text


def test_writing_the_page_twice_changes_nothing(page, kept):
    results.keep(BURST, [{"slots": 1}], path=kept)
    write_page(results.read(kept), page)
    once = page.read_text()

    write_page(results.read(kept), page)

    assert page.read_text() == once


def test_what_could_not_be_measured_says_why(page, kept):
    results.keep(BURST, [], note="there is one core", path=kept)

    write_page(results.read(kept), page)

    assert "Not measured: there is one core" in page.read_text()


def test_measuring_one_anew_keeps_the_others(kept):
    results.keep(BURST, [{"slots": 1}], path=kept)
    results.keep(Benchmark("idle", "Idle", "", lambda is_full: []), [], path=kept)
    results.keep(BURST, [{"slots": 2}], path=kept)

    found = results.read(kept)
    assert set(found) == {"burst", "idle"}
    assert found["burst"]["rows"] == [{"slots": 2}]


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.04567, "0.0457"), (1234.5, "1,234"), (7, "7"), ("x", "x")]
)
def test_figures_have_three_digits_that_count(value, text):
    assert shown(value) == text
