import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from saas.secret import fallback_keys, secret_key

STRONG = "k3Y-" * 10 + "abcdefghijklmnopqrst"


def test_a_strong_key_is_taken_as_it_is(tmp_path):
    assert secret_key(STRONG, debug=False, file=tmp_path / "key") == STRONG


@pytest.mark.parametrize("weak", ["short", "a" * 80, "django-insecure"])
def test_a_weak_key_is_refused_even_in_debug(tmp_path, weak):
    with pytest.raises(ImproperlyConfigured, match="too weak"):
        secret_key(weak, debug=True, file=tmp_path / "key")


def test_a_weak_former_key_is_refused_like_a_weak_one():
    assert fallback_keys([STRONG]) == [STRONG]
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FALLBACKS is too weak"):
        fallback_keys([STRONG, "short"])


def test_production_without_a_key_does_not_start(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is required"):
        secret_key("", debug=False, file=tmp_path / "key")


def test_debug_makes_a_key_once_that_its_owner_alone_can_read(tmp_path):
    file = tmp_path / "state" / "key"

    first = secret_key("", debug=True, file=file)

    assert secret_key("", debug=True, file=file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
