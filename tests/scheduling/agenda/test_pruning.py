from datetime import timedelta

from scheduling.agenda.models import Firing
from scheduling.agenda.pruning import KEPT_FOR, prune_firings
from tests.conftest import NOON
from tests.scheduling.builders import make_firing

SECOND = timedelta(seconds=1)


def test_only_what_was_settled_long_ago_is_pruned(acme, globex):
    old, young = NOON - KEPT_FOR - SECOND, NOON - KEPT_FOR
    for number, tenant in enumerate((acme, globex, acme)):
        make_firing(tenant, old, number, state="settled", settled_at=old)
    make_firing(acme, young, state="settled", settled_at=young)
    make_firing(globex, old, 7, state="started")

    assert prune_firings(NOON, batch=2) == 3
    assert prune_firings(NOON, batch=2) == 0

    assert set(Firing.objects.values_list("state", flat=True)) == {"settled", "started"}
    assert Firing.objects.count() == 2
