"""Reading messages off a broker's MONITOR."""

from tests.chaos.postman import messages_in


def test_a_message_put_into_a_queue_is_read_to_the_byte():
    line = (
        rb'1763.5 [0 127.0.0.1:4711] "LPUSH" "celery" "{\"body\": \"a\\nb\", \"x\": \"\xc3\xbc\"}"'
    )

    assert messages_in(line) == [(b"celery", b'{"body": "a\\nb", "x": "\xc3\xbc"}')]


def test_messages_that_are_put_there_together_are_told_apart():
    line = rb'1763.5 [0 127.0.0.1:4711] "LPUSH" "celery" "{\"body\": 1}" "{\"body\": 2}"'

    assert messages_in(line) == [(b"celery", b'{"body": 1}'), (b"celery", b'{"body": 2}')]


def test_other_commands_are_no_messages():
    assert messages_in(rb'1763.5 [0 127.0.0.1:4711] "BRPOP" "celery" "1"') == []
    assert messages_in(rb'1763.5 [0 127.0.0.1:4711] "PING"') == []
    assert messages_in(rb'1763.5 [0 127.0.0.1:4711] "LPUSH" "list" "1"') == []
