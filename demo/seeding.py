"""Make the demo's data: tables, tenants with real orders and cadences, platform staff.

Run as `python -m demo.seeding` by the supervisor, all in one process because each start of Django
costs a second. It says `migrated`, then `seeded`, waits for a line, and answers with JSON of the
schedules. What it has completed once it leaves alone, so that a second start changes nothing.
"""

import gc
import json
import multiprocessing
import os
import signal
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import django
from django.core.management import call_command
from django.db import connections

from demo.memory import Memory
from demo.sample import write_order_file
from demo.tenants import PLATFORM_LOGIN, TENANTS, DemoTenant
from saas.embedded import state_dir
from saas.embedded.process import dies_with_us

LANES = 2
SAMPLE_TIMEZONE = "Europe/London"
PLATFORM = "platform"


def main() -> None:
    channel = _keep_stdout()
    memory = Memory(state_dir())
    gc.disable()  # Migrations make many small objects, and this process lives for seconds only.
    django.setup()
    call_command("migrate_schemas", interactive=False)
    _say(channel, "migrated")
    seed(memory)
    _say(channel, "seeded")
    sys.stdin.readline()
    _say(channel, schedules())


def seed(memory: Memory) -> None:
    missing = [tenant for tenant in TENANTS if not memory.is_complete(tenant.slug)]
    passwords = [memory.password(tenant.login) for tenant in missing]
    connections.close_all()  # A connection must not be shared with the processes of the pool.
    with _pool() as pool:
        made = pool.map(make_tenant, missing, passwords)
        if not memory.is_complete(PLATFORM):
            make_staff(memory.password(PLATFORM_LOGIN))
            memory.complete(PLATFORM)
        for slug in made:
            memory.complete(slug)


def _pool() -> ProcessPoolExecutor:
    """Two lanes, because making a tenant is work for the processor; they end when we do."""
    return ProcessPoolExecutor(
        LANES,
        mp_context=multiprocessing.get_context("fork"),
        initializer=dies_with_us(signal.SIGTERM),
    )


def make_staff(password: str) -> None:
    from django.contrib.auth import get_user_model

    if get_user_model().objects.filter(email=PLATFORM_LOGIN).exists():
        return
    os.environ["DJANGO_SUPERUSER_EMAIL"] = PLATFORM_LOGIN
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = password
    call_command("createsuperuser", interactive=False)


def make_tenant(tenant: DemoTenant, password: str) -> str:
    """Provision, import, set the cadence; what a start cut short has done is not done again."""
    from tenants.models import Tenant

    if not Tenant.objects.filter(slug=tenant.slug).exists():
        os.environ["TENANT_OWNER_PASSWORD"] = password
        _provision(tenant)
    _import_orders(tenant)
    parameters = ["--param", f"days={tenant.days}", *(["--pause"] if tenant.paused else [])]
    call_command("set_cadence", tenant.slug, tenant.crontab, *parameters)
    return tenant.slug


def _provision(tenant: DemoTenant) -> None:
    words = ["--name", tenant.name, "--timezone", tenant.timezone, "--currency", "GBP"]
    call_command("provision_tenant", tenant.slug, *words, "--owner-email", tenant.login, "--json")


def _import_orders(tenant: DemoTenant) -> None:
    today = datetime.now(ZoneInfo(SAMPLE_TIMEZONE)).date()
    with tempfile.TemporaryDirectory(prefix="tenantbeat-") as folder:
        file = Path(folder) / f"{tenant.slug}.csv"
        write_order_file(file, tenant.country, today)
        call_command("import_orders", tenant.slug, str(file), "--timezone", SAMPLE_TIMEZONE)


def schedules() -> str:
    """What `manage.py schedules --json` prints, on one line."""
    output = StringIO()
    call_command("schedules", "--json", stdout=output)
    return json.dumps(json.loads(output.getvalue()))


def _keep_stdout() -> TextIO:
    """Our standard output as the supervisor's channel; whatever else is printed goes to the log."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return channel


def _say(channel: TextIO, line: str) -> None:
    print(line, file=channel, flush=True)


if __name__ == "__main__":
    main()
