"""What a person sees when the demo is up."""

from demo.banner import banner
from demo.memory import Memory

ROW = {
    "name": "Close old orders",
    "schedule": "* * * * *",
    "timezone": "Europe/Berlin",
    "enabled": True,
    "next_at": "2026-11-22T12:31:00Z",
    "problem": None,
}


def test_it_says_where_each_tenant_is_and_what_comes_next(tmp_path):
    memory = Memory(tmp_path)

    text = banner(8123, memory, [{**ROW, "tenant": "germany"}])

    assert "http://localhost:8123/admin/" in text
    assert "http://germany.localhost:8123/admin/" in text
    assert f"owner@germany.example   password {memory.password('owner@germany.example')}" in text
    assert "Close old orders: * * * * * (Europe/Berlin), next Sun 22 Nov 13:31 CET" in text


def test_a_paused_schedule_has_no_next_slot(tmp_path):
    text = banner(8123, Memory(tmp_path), [{**ROW, "tenant": "australia", "enabled": False}])

    assert "(Europe/Berlin), paused" in text


def test_the_platform_has_its_own_schedules(tmp_path):
    text = banner(8123, Memory(tmp_path), [{**ROW, "tenant": "public", "name": "Prune"}])

    assert text.index("Prune") < text.index("Germany Giftware")
