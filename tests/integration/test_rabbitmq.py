"""The same way of a slot, over RabbitMQ."""

import pytest

from tests.integration.rows import insert_every
from tests.integration.stack import Stack

pytestmark = [pytest.mark.integration, pytest.mark.rabbitmq]


def test_slots_become_runs_over_rabbitmq(tmp_path, rabbit):
    rabbit.empty()
    stack = Stack(tmp_path, rabbit.url)
    stack.create_database()
    try:
        stack.provision("initech")
        insert_every(stack, stack.schema_of("initech"), "every second", 1)
        stack.start_beat("beat")
        stack.start_worker()
        stack.start_worker("platform-worker", "platform")
        stack.wait_until_ready()

        stack.wait_until(lambda: len(stack.runs("initech")) >= 3, 30, "three runs")

        slots = [slot for slot, _state in stack.runs("initech")]
        assert len(slots) == len(set(slots))
    finally:
        stack.stop_all()
        stack.drop_database()
