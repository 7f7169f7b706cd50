"""What the demo remembers."""

import stat

from demo.memory import Memory


def test_a_password_is_the_same_at_the_next_start(tmp_path):
    first = Memory(tmp_path).password("owner@germany.example")

    assert Memory(tmp_path).password("owner@germany.example") == first
    assert Memory(tmp_path).password("owner@france.example") != first


def test_only_the_owner_can_read_it(tmp_path):
    Memory(tmp_path).password("owner@germany.example")

    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600


def test_what_is_complete_stays_complete(tmp_path):
    Memory(tmp_path).complete("germany")

    assert Memory(tmp_path).is_complete("germany")
    assert not Memory(tmp_path).is_complete("france")
