"""What is printed once when everything is ready."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from demo.memory import Memory
from demo.tenants import PLATFORM_LOGIN, TENANTS, DemoTenant

Schedule = dict[str, Any]
NO_TENANT = {None, "", "public"}


def banner(port: int, memory: Memory, schedules: Sequence[Schedule]) -> str:
    lines = ["", "Tenantbeat is running. Each tenant has its own site, data and cadence.", ""]
    lines += _site("Platform", admin_url(port), PLATFORM_LOGIN, memory)
    lines += _cadences([row for row in schedules if row["tenant"] in NO_TENANT])
    for tenant in TENANTS:
        lines += ["", *_tenant(tenant, port, memory, schedules)]
    lines += ["", "Ctrl-C stops everything and keeps the data; `make demo-reset` starts over.", ""]
    return "\n".join(lines)


def admin_url(port: int, slug: str | None = None) -> str:
    host = f"{slug}.localhost" if slug else "localhost"
    return f"http://{host}:{port}/admin/"


def _tenant(
    tenant: DemoTenant, port: int, memory: Memory, schedules: Sequence[Schedule]
) -> Iterator[str]:
    yield from _site(tenant.name, admin_url(port, tenant.slug), tenant.login, memory)
    yield from _cadences([row for row in schedules if row["tenant"] == tenant.slug])


def _site(name: str, url: str, login: str, memory: Memory) -> Iterator[str]:
    yield f"{name:<18}{url}"
    yield f"{'':<18}{login}   password {memory.password(login)}"


def _cadences(schedules: Sequence[Schedule]) -> Iterator[str]:
    for row in schedules:
        yield f"{'':<18}{row['name']}: {row['schedule']} ({row['timezone']}), {_next(row)}"


def _next(row: Schedule) -> str:
    if row["problem"]:
        return f"set aside: {row['problem']}"
    if not row["enabled"]:
        return "paused"
    if row["next_at"] is None:
        return "no next slot"
    at = datetime.fromisoformat(row["next_at"]).astimezone(ZoneInfo(row["timezone"] or "UTC"))
    return f"next {at:%a %d %b %H:%M %Z}"
