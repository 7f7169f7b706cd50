"""Running one benchmark, whatever the machine lacks."""

from bench import results
from bench.registry import Benchmark, CannotMeasure


def measure(benchmark: Benchmark, is_full: bool) -> None:
    """Run one benchmark and keep what it found; what it lacks is said, and the others go on."""
    print(f"{benchmark.title}:", flush=True)
    try:
        results.keep(benchmark, benchmark.run(is_full))
    except CannotMeasure as reason:
        print(f"  not measured: {reason}", flush=True)
        results.keep(benchmark, [], note=str(reason))
