"""One demo at a time."""

import pytest

from demo.claim import Claim
from demo.errors import DemoError


def test_a_second_demo_is_told_where_the_first_runs(tmp_path):
    second = Claim(tmp_path, "http://localhost:8124/")

    with (
        Claim(tmp_path, "http://localhost:8123/"),
        pytest.raises(DemoError, match="http://localhost:8123/"),
    ):
        second.__enter__()


def test_after_the_first_has_ended_another_may_run(tmp_path):
    with Claim(tmp_path, "http://localhost:8123/"):
        pass

    with Claim(tmp_path, "http://localhost:8124/"):
        assert (tmp_path / "demo.lock").read_text() == "http://localhost:8124/"
