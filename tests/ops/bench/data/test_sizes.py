"""Which customers of the data benchmark have which accounts and reads."""

from ops.bench.data.sizes import LARGE, Sizes

SIZES = Sizes(customers=40, accounts=30, points=20, months=1)


def test_every_account_has_a_number_and_an_nmi_of_its_own() -> None:
    sites = SIZES.sites
    assert [site.number for site in sites] == list(range(30 + 39))
    assert len({site.nmi for site in sites}) == len({site.account for site in sites}) == len(sites)
    assert [site.nmi for site in sites] == sorted(site.nmi for site in sites)
    assert {len(site.nmi) for site in sites} == {10}


def test_a_tenth_of_the_service_points_with_5_minute_reads_is_of_the_business() -> None:
    assert [site.number for site in SIZES.sites if SIZES.has_five_minutes(site)] == [0, 1, *range(30, 48)]
    few = Sizes(customers=3, accounts=30, points=3, months=1)
    assert [site.number for site in few.sites if few.has_five_minutes(site)] == [30, 31]


def test_the_first_household_has_reads_of_5_minutes_of_one_register() -> None:
    for accounts in (30, 31):
        [first, second] = Sizes(customers=40, accounts=accounts, points=20, months=1).households(2)
        assert [first.sites[0].exports, second.sites[0].exports] == [False, True]


def test_by_default_the_sizes_are_those_of_the_target() -> None:
    assert (LARGE.customers, LARGE.points, LARGE.months) == (20_000, 2_000, 24)
    assert sum(LARGE.has_five_minutes(site) for site in LARGE.sites) == 2_000
