"""`python -m saas.embedded -- COMMAND`: services for one command, and no trace afterwards."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from saas.embedded.state import CHECKOUT
from tests.embedded.processes import processes_with, wait_until

PRINT_URLS = "echo $DATABASE_URL $SUPERUSER_DATABASE_URL $CELERY_BROKER_URL"


def wrap(*command: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "saas.embedded", "--", *command],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def folders(temporary: Path) -> list[Path]:
    return list(temporary.glob("tenantbeat-*"))


def test_it_gives_addresses_and_returns_the_exit_code():
    wrapper = wrap("sh", "-c", f"{PRINT_URLS}; exit 7")

    output, _ = wrapper.communicate(timeout=60)

    database, superuser, broker = output.split()
    assert wrapper.returncode == 7
    assert database.startswith("postgres://tenantbeat:")
    assert superuser.startswith("postgres://postgres:")
    assert broker.startswith("redis://:")


def test_a_command_that_does_not_exist_is_named():
    wrapper = wrap("./no-such-command")

    _, errors = wrapper.communicate(timeout=60)

    assert wrapper.returncode == 127
    assert "no-such-command" in errors


def test_without_a_command_it_says_how_it_is_used():
    wrapper = wrap()

    _, errors = wrapper.communicate(timeout=60)

    assert wrapper.returncode == 2
    assert "usage" in errors


def test_what_the_command_leaves_running_is_ended():
    wrapper = wrap("sh", "-c", "sleep 4321 & exit 0")

    wrapper.communicate(timeout=60)

    assert wrapper.returncode == 0
    assert not processes_with("4321")


def test_a_term_signal_leaves_no_process_and_no_folder(folder):
    folder.chmod(0o755)
    wrapper = wrap("sh", "-c", "echo ready; sleep 600", env={**os.environ, "TMPDIR": str(folder)})
    assert wrapper.stdout.readline() == "ready\n"
    assert len(folders(folder)) == 1

    wrapper.terminate()
    wrapper.communicate(timeout=60)

    assert wrapper.returncode == 128 + signal.SIGTERM
    assert not processes_with(str(folder))
    assert not folders(folder)


def test_a_kill_leaves_no_process(folder):
    folder.chmod(0o755)
    wrapper = wrap(
        "sh", "-c", "echo ready; exec sleep 600", env={**os.environ, "TMPDIR": str(folder)}
    )
    assert wrapper.stdout.readline() == "ready\n"

    wrapper.kill()
    wrapper.communicate(timeout=60)

    assert wait_until(lambda: not processes_with(str(folder)))
