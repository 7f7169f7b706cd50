"""The processes of the demo: how each is started and by what it shows that it is ready."""

import http.client
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# The scripts are run by this interpreter: their first line holds a path that may be out of date
# or too long. Their name stays visible, because the settings tell by it which login to use.
SCRIPTS = Path(sys.executable).parent
READY_LINE = re.compile(rb"beat is ready|@\S+ ready\.")


@dataclass(frozen=True)
class Program:
    name: str
    argv: tuple[str, ...]
    is_ready: Callable[[], bool]


def servers(port: int, logs: Path) -> list[Program]:
    """Those that need no tables until somebody asks something of them."""
    return [
        Program("web", _gunicorn(port), lambda: answers(port)),
        _celery("worker", logs, "worker", "--hostname=worker@%h", "--concurrency=2"),
        _celery(
            "platform-worker",
            logs,
            "worker",
            "--queues=platform",
            "--hostname=platform@%h",
            "--concurrency=1",
        ),
    ]


def beats(logs: Path) -> list[Program]:
    """Two, as in production: either may be killed, and no slot is lost or taken twice."""
    return [_celery(name, logs, "beat") for name in ("beat-1", "beat-2")]


def _gunicorn(port: int) -> tuple[str, ...]:
    # Threads, because a browser opens connections ahead of use, which block a plain worker.
    options = ("--threads=4", "--access-logfile=-", "--no-control-socket")
    return (*_script("gunicorn"), "saas.wsgi", f"--bind=127.0.0.1:{port}", *options)


def _celery(name: str, logs: Path, kind: str, *options: str) -> Program:
    # Workers of a demo have nothing to tell each other; looking for others takes a second.
    lonely = ("--without-gossip", "--without-mingle") if kind == "worker" else ()
    argv = (*_script("celery"), "-A", "saas", kind, *options, *lonely)
    return Program(name, argv, lambda: has_ready_line(logs / f"{name}.log"))


def _script(name: str) -> tuple[str, str]:
    return sys.executable, str(SCRIPTS / name)


def answers(port: int) -> bool:
    """True when the web process says that it can serve."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        # Python does not resolve names under localhost by itself; the header is what counts.
        link.request("GET", "/health/ready", headers={"Host": f"localhost:{port}"})
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def has_ready_line(log: Path) -> bool:
    return READY_LINE.search(log.read_bytes()) is not None
