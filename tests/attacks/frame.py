"""An attack is a function of a site that tells whether it succeeded."""

from collections.abc import Callable

from tests.attacks.site import Site

Attack = Callable[[Site], bool]
ATTACKS: list[Attack] = []


def attack(function: Attack) -> Attack:
    ATTACKS.append(function)
    return function


def sentence(function: Attack) -> str:
    """Return an attack's name as it is read in a list of tests."""
    return function.__name__.replace("_", " ")
