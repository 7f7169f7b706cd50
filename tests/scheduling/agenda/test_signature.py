import pytest

from scheduling.agenda.signature import is_genuine, sign

TASK, ID = "tenants.tasks.build_tenant", "2f0f7a1c"


def test_what_was_signed_is_genuine_however_json_changed_its_shape():
    assert is_genuine(sign(TASK, ID, (7,), {}), TASK, ID, [7], {})
    assert is_genuine(sign(TASK, ID), TASK, ID, [], {})


@pytest.mark.parametrize(
    ("task", "message_id", "args", "kwargs"),
    [
        ("tenants.tasks.finish_provisioning", ID, [7], {}),
        (TASK, "another", [7], {}),
        (TASK, ID, [8], {}),
        (TASK, ID, [7], {"days": 0}),
        (TASK, None, [7], {}),
        (TASK, [ID], [7], {}),
    ],
)
def test_a_signature_is_good_for_one_message(task, message_id, args, kwargs):
    assert not is_genuine(sign(TASK, ID, (7,)), task, message_id, args, kwargs)


@pytest.mark.parametrize("signature", [None, "", "x", 5, ["x"], "a:b"])
def test_anything_else_is_no_signature(signature):
    assert not is_genuine(signature, TASK, ID, [], {})


def test_the_old_keys_signatures_count_while_it_is_accepted(settings):
    signature = sign(TASK, ID)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert is_genuine(signature, TASK, ID, [], {})

    settings.SECRET_KEY_FALLBACKS = []
    assert not is_genuine(signature, TASK, ID, [], {})
