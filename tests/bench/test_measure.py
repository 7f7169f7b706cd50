"""A machine that lacks what one benchmark needs still gets the others."""

from bench import results
from bench.measure import measure
from bench.registry import Benchmark, CannotMeasure


def refuse(is_full):
    raise CannotMeasure("there is one core")


def test_what_a_machine_lacks_is_said_and_kept(tmp_path, monkeypatch, capsys, db):
    kept = tmp_path / "results.json"
    monkeypatch.setattr(results.keep, "__defaults__", ("", kept))

    measure(Benchmark("two", "Two beats", "", refuse), is_full=False)

    assert "not measured: there is one core" in capsys.readouterr().out
    assert results.read(kept)["two"]["note"] == "there is one core"
