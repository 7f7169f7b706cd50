"""Every attack succeeds against a plain assembly of the packages, and is refused here."""

import pytest

from tests.attacks import by_code, by_host, by_message, by_page, by_row  # noqa: F401
from tests.attacks.frame import ATTACKS, sentence

pytestmark = pytest.mark.integration


def outcome(attack, site):
    site.make_ready()
    try:
        return attack(site)
    finally:
        site.clean()


@pytest.mark.parametrize("attack", ATTACKS, ids=sentence)
def test_succeeds_against_a_plain_assembly(twin, attack):
    assert outcome(attack, twin)


@pytest.mark.parametrize("attack", ATTACKS, ids=sentence)
def test_is_refused_here(product, attack):
    assert not outcome(attack, product)
    assert not product.a_process_died()
