"""`python -m bench [--full] [NAME…]`: run benchmarks one after the other, each with servers of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from bench.registry import NAMES

#: Whose servers keep their files in memory, where there is a folder for it: else it is the disk that is
#: measured, of whose waits a step of a closing lasts half a second.
IN_MEMORY = {"provisioning", "closing"}
MEMORY = "/dev/shm"  # noqa: S108 - a parent for mkdtemp


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="also what takes long")
    parser.add_argument("names", nargs="*", help=f"which benchmarks, of {', '.join(NAMES)}; or all")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    failed = [name for name in arguments.names or NAMES if not run_alone(name, arguments.full)]
    if failed:
        print(f"Failed, while the others went on: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def run_alone(name: str, is_full: bool) -> bool:
    """Run a benchmark; what it leaves, thousands of tenants and messages, is gone with its servers."""
    command = [sys.executable, "-m", "saas.embedded", "--", sys.executable, "-m", "bench.alone"]
    place = {"TMPDIR": MEMORY} if name in IN_MEMORY and os.access(MEMORY, os.W_OK) else {}
    ended = subprocess.run([*command, name, *["--full"] * is_full], env=os.environ | place)  # noqa: S603
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
