"""Reading messages off a broker's MONITOR."""

from tests.chaos.postman import message_in


def test_a_message_put_into_a_queue_is_read_to_the_byte():
    line = (
        rb'1763.5 [0 127.0.0.1:4711] "LPUSH" "celery" "{\"body\": \"a\\nb\", \"x\": \"\xc3\xbc\"}"'
    )

    assert message_in(line) == (b"celery", b'{"body": "a\\nb", "x": "\xc3\xbc"}')


def test_other_commands_are_no_messages():
    assert message_in(rb'1763.5 [0 127.0.0.1:4711] "BRPOP" "celery" "1"') is None
    assert message_in(rb'1763.5 [0 127.0.0.1:4711] "PING"') is None
    assert message_in(rb'1763.5 [0 127.0.0.1:4711] "LPUSH" "list" "1"') is None
