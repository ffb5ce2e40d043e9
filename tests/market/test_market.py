"""Identities of the whole market: they hold exactly, whatever the parameters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from sim.consumers.demand import Record
from sim.consumers.population import Columns
from sim.firms.platform import Platform
from sim.market import Market
from sim.market.phases import Phase
from sim.scenario import Scenario
from sim.scenario.schema import Access
from tests.markets import (
    NO_FEEDBACK,
    NO_MEMORY,
    POPUP_CLOSES,
    POPUP_OPENS,
    autumn,
    differences,
    market,
    weekly_codes,
)

WEEKS = 9
POPUP = "storefronts.amazon_on_pinduoduo"


def choices(scenario: Scenario, weeks: int = WEEKS, **settings: object) -> list:
    m = market(scenario, **settings)
    out = weekly_codes(m, weeks)
    m.close()
    return out


def test_pop_up_changes_choices_at_all() -> None:
    """The identities below mean something only if the storefront matters in this small market."""
    shown = autumn("popup_on_pinduoduo_2019", f"{POPUP}.exposure=1")
    assert differences(choices(autumn("stay_out")), choices(shown)) > 20


def test_inert_entrant_changes_no_choice() -> None:
    """Architecture, random numbers: nobody can want it and the base need not declare it. Exactly 0."""
    inert = autumn("popup_on_pinduoduo_2019", f"{POPUP}.appeal=-1000", f"{POPUP}.exposure=0")
    assert differences(choices(autumn("stay_out")), choices(inert)) == 0


def test_inert_platform_declared_first_changes_no_choice() -> None:
    """Draws are keyed by names, never by positions: a platform that nobody knows moves all positions."""
    base = autumn("stay_out")
    nobody = base.platforms["jd"].model_copy(update={"access": Access(initial=0.0)})
    more = {
        "platforms": {"first": nobody, **base.platforms},
        "intercepts": {**base.intercepts, "first": base.intercepts["jd"]},
        "listing_costs": {**base.listing_costs, "first": base.listing_costs["jd"]},
    }
    assert differences(choices(base), choices(base.model_copy(update=more))) == 0


def test_unknown_brand_is_as_never_entered() -> None:
    """Evidence 25: all effects zero and nobody knows the brand: exit = never entered, bit for bit."""
    unknown = autumn(
        "stay_out",
        "brands.amazon.awareness.initial=0",
        "brands.amazon.awareness.site_known=0",
        "brands.amazon.awareness.steady=false",
    )
    never = choices(autumn("never_entered"))
    assert differences(choices(unknown), never) == 0
    assert differences(choices(autumn("stay_out")), never) > 0


def test_storefront_without_open_days_is_the_baseline() -> None:
    """Evidence 26: the window lies after the horizon; the exposure stays positive."""
    popup = autumn("popup_on_pinduoduo_2019", f"{POPUP}.exposure=1")
    store = popup.storefronts["amazon_on_pinduoduo"]
    later = store.open.model_copy(update={"from_": pd.Timestamp("2030-01-07").date(), "to": None})
    closed = popup.model_copy(
        update={
            "storefronts": {
                **popup.storefronts,
                "amazon_on_pinduoduo": store.model_copy(update={"open": later}),
            }
        }
    )
    assert differences(choices(autumn("stay_out")), choices(closed)) == 0


def test_removing_a_channel_moves_only_its_buyers() -> None:
    """Evidence 6, in the first week in which the storefront is open (states are still equal)."""
    base = choices(autumn("stay_out"), POPUP_OPENS + 1)
    shown = choices(
        autumn("popup_on_pinduoduo_2019", f"{POPUP}.exposure=1", f"{POPUP}.appeal=4"), POPUP_OPENS + 1
    )
    assert differences(base[:-1], shown[:-1]) == 0
    moved = base[-1]["imported"] != shown[-1]["imported"]
    assert moved.sum() > 5
    assert set(shown[-1]["imported"][moved]) == {"amazon_on_pinduoduo"}


def test_only_better_entrant_moves_nobody_between_incumbents() -> None:
    """Architecture: raising only the entrant's utility never moves anyone between two incumbents.

    Without a team discount: whose team does not fill is refunded and ends with nothing.
    """
    sets = (*NO_MEMORY, f"{POPUP}.exposure=1", f"{POPUP}.price.imported.team_discount=0")
    worse = choices(autumn("popup_on_pinduoduo_2019", *sets, f"{POPUP}.appeal=0"))
    better = choices(autumn("popup_on_pinduoduo_2019", *sets, f"{POPUP}.appeal=1"))
    pairs = [
        pair
        for a, b in zip(worse, better, strict=True)
        for c in a
        for pair in zip(a[c][a[c] != b[c]], b[c][a[c] != b[c]], strict=True)
    ]
    assert len(pairs) > 20
    assert all("amazon" in origin or "amazon" in destination for origin, destination in pairs)


def test_one_more_consumer_changes_nobody_else() -> None:
    """Architecture: with word of mouth off, everybody else's weeks are the same bits."""
    scenario = autumn("popup_on_pinduoduo_2019", *NO_FEEDBACK)
    fewer, more = choices(scenario, consumers=1_500), choices(scenario, consumers=1_501)
    assert all((a[c] == b[c][:, :1_500]).all() for a, b in zip(fewer, more, strict=True) for c in a)


def test_word_of_mouth_is_what_breaks_that() -> None:
    """With feedback a new neighbour can matter: the test above can fail."""
    sets = ("word_of_mouth=0.5", "steady=false", "initial=0.05", "site_discovery=0.5")
    scenario = autumn("stay_out", *(f"brands.amazon.awareness.{s}" for s in sets))
    fewer, more = choices(scenario, consumers=1_500), choices(scenario, consumers=1_530)
    assert any((a[c] != b[c][:, :1_500]).any() for a, b in zip(fewer, more, strict=True) for c in a)


def totals(scenario: Scenario, **settings: object) -> pd.DataFrame:
    m = market(scenario, record=Record(), **settings)
    for _ in range(6):
        m.step()
    table = m.sales_table()
    m.close()
    return table


@pytest.mark.parametrize("settings", [{"threads": 2}, {"block": 64}, {"block": 1_000, "threads": 2}])
def test_threads_and_blocks_do_not_matter(settings: dict[str, int]) -> None:
    """Evidence 38: identical tables, bit for bit."""
    scenario = autumn("popup_on_pinduoduo_2019")
    pd.testing.assert_frame_equal(totals(scenario), totals(scenario, **settings), check_exact=True)


def shuffled(m: Market) -> Market:
    """The same consumers in another order within their strata."""
    order = np.arange(len(m.consumers))
    generator = np.random.default_rng(5)
    for begin, stop in zip(m.consumers.strata.start[:-1], m.consumers.strata.start[1:], strict=True):
        generator.shuffle(order[begin:stop])
    m.consumers.columns = Columns(
        *(np.ascontiguousarray(column[..., order]) for column in m.consumers.columns)
    )
    return m


def test_order_of_consumers_does_not_matter() -> None:
    """Evidence 38: rows permuted, word of mouth off (contacts are found by rank)."""
    scenario = autumn("popup_on_pinduoduo_2019", *NO_FEEDBACK)
    plain, other = market(scenario, record=Record()), shuffled(market(scenario, record=Record()))
    for m in (plain, other):
        for _ in range(6):
            m.step()
    pd.testing.assert_frame_equal(plain.sales_table(), other.sales_table(), check_exact=True)


def test_nothing_is_left_where_nothing_can_last() -> None:
    """Evidence 27: total forgetting, no loyalty, trust, habit or stock: one week later all is as before."""
    sets = (
        *NO_MEMORY,
        "brands.amazon.awareness.forgetting=1",
        "brands.amazon.awareness.channel_forgetting=1",
        "brands.amazon.awareness.steady=false",
        "brands.amazon.awareness.hazard=0.2",
        "brands.amazon.awareness.site_discovery=0.2",
    )
    base = choices(autumn("stay_out", *sets))
    shown = choices(autumn("popup_on_pinduoduo_2019", *sets, f"{POPUP}.exposure=1", f"{POPUP}.appeal=2"))
    assert differences(base[POPUP_OPENS:POPUP_CLOSES], shown[POPUP_OPENS:POPUP_CLOSES]) > 5
    after = market_after(sets)
    assert after == 0


def market_after(sets: tuple[str, ...]) -> int:
    base = choices(autumn("stay_out", *sets), POPUP_CLOSES + 3)
    shown = choices(
        autumn("popup_on_pinduoduo_2019", *sets, f"{POPUP}.exposure=1", f"{POPUP}.appeal=2"), POPUP_CLOSES + 3
    )
    # The last open days lie in week POPUP_CLOSES; who bought or saw in it still knows in the next.
    return differences(base[POPUP_CLOSES + 2 :], shown[POPUP_CLOSES + 2 :])


def test_memory_is_what_is_left() -> None:
    """With memory something is left: the test above can fail."""
    base = choices(autumn("stay_out"), POPUP_CLOSES + 3)
    shown = choices(
        autumn("popup_on_pinduoduo_2019", f"{POPUP}.exposure=1", f"{POPUP}.appeal=2"), POPUP_CLOSES + 3
    )
    assert differences(base[POPUP_CLOSES + 2 :], shown[POPUP_CLOSES + 2 :]) > 0


def test_consumers_pay_what_others_receive() -> None:
    """Evidence 30: all payments of consumers reach sellers; every party's flows add to zero; 1e-9."""
    m = market(autumn("popup_on_pinduoduo_2019", f"{POPUP}.exposure=1"), record=Record())
    for _ in range(WEEKS):
        m.step()
    table = m.ledger.table()
    spent = table[table.payer == "consumers"].amount.sum()
    assert spent == pytest.approx(m.sales_table().gmv.sum(), rel=1e-9)
    flows = sum(m.ledger.flows(party, WEEKS).sum() for party in m.ledger.parties())
    assert abs(flows) <= 1e-9 * spent
    store = table[(table.payer == "amazon") & (table.payee == "pinduoduo")]
    assert set(store.account) == {"commission"}


def test_contracts_end_with_the_horizon() -> None:
    """Without a last day a storefront closes with the horizon: settled, and silent in the run-off."""
    terms = (
        "open.to=null",
        "exposure=1",
        "contract.deposit=1000",
        "contract.guarantee=1e12",
        "costs.exit=77",
    )
    scenario = autumn("popup_on_pinduoduo_2019", *(f"{POPUP}.{s}" for s in terms), "finance.runoff_weeks=3")
    with market(scenario, record=Record(core=False), run_off=True) as m:
        m.run()
        sales, books = m.sales_table(), m.ledger.table()
    store = sales[sales.channel == "amazon_on_pinduoduo"].groupby("week").gmv.sum()
    assert store[m.horizon - 1] > 0
    assert (store[m.horizon :] == 0).all()
    paid = books.groupby(["account", "payer"]).amount.sum()
    assert paid["deposit", "pinduoduo"] == pytest.approx(paid["deposit", "amazon"]) == pytest.approx(1000)
    assert paid["exit", "amazon"] == pytest.approx(77)
    whole = paid["guarantee", "amazon"] + paid["commission", "amazon"]
    assert whole == pytest.approx(1e12)


def test_the_hosts_festival_reaches_its_storefronts() -> None:
    """On 12 December the visit is as attractive at the storefront as at the host's own merchants."""
    with market(autumn("popup_on_pinduoduo_2019")) as m:
        while m.week < 6:
            m.step()
        offers = {o.channel: o for o in m.offers["imported"]}
    assert offers["pinduoduo"].pull.max() > 0
    assert offers["amazon_on_pinduoduo"].pull.tolist() == offers["pinduoduo"].pull.tolist()
    assert offers["amazon_global"].pull.max() == 0


def test_the_host_serves_hosted_orders() -> None:
    """Service cost of the host = cost an order x orders, its own and hosted ones."""
    sets = ("platforms.pinduoduo.fees.service_cost=2", f"{POPUP}.exposure=1", f"{POPUP}.appeal=2")
    with market(autumn("popup_on_pinduoduo_2019", *sets), record=Record(core=False)) as m:
        for _ in range(6):
            m.step()
        sales, books = m.sales_table(), m.ledger.table()
    hosted = sales[(sales.host == "pinduoduo") & (sales.channel != "pinduoduo")].orders.sum()
    orders = sales[sales.host == "pinduoduo"].orders.sum()
    assert hosted > 0
    assert books[books.account == "service"].amount.sum() == pytest.approx(2 * orders)


def test_draws_of_different_things_have_different_names() -> None:
    """A storefront named like its brand shares no stream with it."""
    popup = autumn("popup_on_pinduoduo_2019")
    stores = {"amazon": popup.storefronts["amazon_global"]}
    with market(popup.model_copy(update={"storefronts": stores}), 300) as m:
        tables = m.demand.awareness_tables
        spread, links = tables.spread(3, {}, {}), tables.links(3)
    keys = [*spread.hit_keys, *spread.forget_keys, *links.find_keys, *links.forget_keys]
    assert len(set(keys)) == len(keys)


def replicate(scenario: Scenario, seeds: range, **settings: object) -> Iterator[Market]:
    for seed in seeds:
        m = market(scenario, record=Record(core=False), world_seed=seed, shock_seed=seed, **settings)
        for _ in range(5):
            m.step()
        yield m
        m.close()


def test_expected_and_realised_modes_agree() -> None:
    """Evidence 37: same means within 3 s.e., channel by channel."""
    rows = []
    for m in replicate(autumn("stay_out"), range(12)):
        sales = m.sales_table().groupby("channel")[["gmv", "gmv_realised"]].sum()
        rows.append(np.log(sales.gmv_realised / sales.gmv))
    gaps = pd.DataFrame(rows)
    assert (gaps.mean().abs() < 3 * gaps.sem()).all()


def test_sampling_weights_leave_estimates_unbiased() -> None:
    """Evidence 36: half as many import shoppers sampled, the same imports and the same everyday sales."""
    sums: dict[float, list[pd.Series]] = {}
    for share in (0.5, 0.25):
        for m in replicate(autumn("stay_out", f"population.interested_sample={share}"), range(10)):
            sums.setdefault(share, []).append(m.sales_table().groupby("category").gmv.sum())
    a, b = (pd.DataFrame(sums[share]) for share in (0.5, 0.25))
    spread = np.sqrt(a.var() / len(a) + b.var() / len(b))
    assert ((a.mean() - b.mean()).abs() < 3 * spread).all()


def test_size_of_the_population_does_not_matter() -> None:
    """Lesson 5: 10, 40 and 160 thousand consumers agree within Monte Carlo error of the smaller run."""
    scenario = autumn("popup_on_pinduoduo_2019")
    smallest = pd.DataFrame(
        [
            m.sales_table().groupby("category").gmv.sum()
            for m in replicate(scenario, range(8), consumers=10_000)
        ]
    )
    for size in (40_000, 160_000):
        (large,) = [
            m.sales_table().groupby("category").gmv.sum()
            for m in replicate(scenario, range(1), consumers=size, threads=2)
        ]
        error = smallest.std() * np.sqrt(1 / 8 + 10_000 / size)
        assert ((smallest.mean() - large).abs() < 3.5 * error).all()


# --- the market as a Mesa model ----------------------------------------------------------------


def test_phases_are_listed_timed_and_replaceable() -> None:
    m = market(autumn("stay_out"))
    assert str(m.phases).splitlines()[6] == "7. people shop"
    seen: list[int] = []
    m.phases = m.phases.insert_after("people shop", Phase("count", lambda market: seen.append(market.week)))
    m.step()
    assert seen == [0]
    assert m.phases.seconds["people shop"] > 0
    silent = m.phases.replace("people notice storefronts", lambda market: None)
    assert [p.name for p in silent] == [p.name for p in m.phases]
    with pytest.raises(KeyError, match="no phase 'shopping'"):
        m.phases.replace("shopping", lambda market: None)


def test_firms_are_mesa_agents_and_data_is_collected() -> None:
    m = market(autumn("stay_out"), record=Record())
    m.step()
    assert {p.name for p in m.agents_by_type[Platform]} == set(m.spec.platforms)
    frame = m.datacollector.get_agenttype_vars_dataframe(Platform)
    assert frame.gmv.gt(0).all()
    assert m.datacollector.get_model_vars_dataframe().gmv.iloc[0] == pytest.approx(m.sales_table().gmv.sum())


def test_one_person_can_be_looked_at() -> None:
    m = market(autumn("stay_out"))
    m.step()
    person = m.consumers[17]
    assert person.tier in m.spec.tiers
    assert "taste" in str(person)
    with pytest.raises(KeyError, match="identities run from 0 to 1999"):
        m.consumers[2_000]


def test_memory_of_a_consumer() -> None:
    """Decision 5 of the model: at most 128 bytes of traits and state for six firms."""
    assert market(autumn("stay_out")).consumers.bytes_per_consumer <= 128


def test_customers_of_before_are_no_new_ones() -> None:
    """Loyal people bought before the model begins: with or without a warm-up they count from the start."""
    for weeks in (0, 2):
        sets = ("brands.amazon.loyal=0.3", f"time.warm_up_weeks={weeks}")
        m = market(autumn("stay_out", *sets), 4_000)
        assert m.customers("amazon")[1] > 0
        m.step()
        loyal = m.brands["amazon"].customers_at_start
        assert 0 < m.brands["amazon"].new_customers[0] < 0.1 * loyal
