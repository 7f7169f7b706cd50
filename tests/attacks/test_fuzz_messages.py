"""Whatever lies in the tenants' queue does no harm; what ends workers is in test_poison.py."""

import json

import pytest
from hypothesis import strategies as st

from tests.attacks.fuzzing import ANYTHING, EXAMPLES, try_all
from tests.attacks.site import CLEARING, VICTIM, envelope
from tests.integration.rows import CLOSING

pytestmark = pytest.mark.integration

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANYTHING,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3),
    max_leaves=5,
)
TASK = st.sampled_from([CLOSING, CLEARING, "celery.starmap", "celery.chord"]) | ANYTHING


@EXAMPLES
def test_a_body_of_any_kind_does_no_harm(product, examples):
    closed = product.young_order(VICTIM)

    def check(task, schema, message_id, body):
        headers = {"task": task, "id": message_id, "_schema_name": schema}
        product.push(envelope(headers, json.dumps(body).encode()))

    body = st.tuples(JSON, JSON, JSON)
    try_all(check, examples, task=TASK, schema=JSON, message_id=ANYTHING, body=body)

    assert not product.shows(closed)
    assert not product.a_process_died()
