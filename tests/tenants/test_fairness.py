from tenants.fairness import Share


def test_a_tenant_has_no_more_than_its_share_and_others_have_theirs():
    share = Share()

    with share.taken(1, most=2) as first, share.taken(1, most=2) as second:
        with share.taken(1, most=2) as third, share.taken(2, most=2) as neighbour:
            assert (first, second, third, neighbour) == (True, True, False, True)


def test_a_place_is_free_again_whatever_happened_in_it():
    share = Share()

    for _ in range(3):
        try:
            with share.taken(1, most=1) as is_free:
                assert is_free
                raise KeyError
        except KeyError:
            pass

    assert share.counts == {}
