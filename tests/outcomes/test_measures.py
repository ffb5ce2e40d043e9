"""What is kept of an option: against the books, and against what must not change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from sim.market import Market
from sim.outcomes import measures
from sim.outcomes.declared import OUTCOMES, declared
from sim.outcomes.measures import PLAIN, READERS, Levels, by_week, differences, names
from sim.outcomes.pair import RECORD as OF_PAIRS
from sim.outcomes.pair import Pair
from sim.scenario.changes import Assignment
from sim.scenario.schema import Scenario
from sim.sweep.options_work import RECORD, OptionsWork
from tests.decisions import tiny

SHOP = "storefronts.faraway_on_north"
FIRST, RATE = 2, 0.2
SECOND = {
    "title": "A second shop", "owner": "faraway", "host": "south",
    "open": {"from": "2021-02-08", "to": "2021-03-07"},
    "goods": {"goods": 1e8}, "delivery_days": 3, "appeal_from": "faraway_site", "exposure": 0.6,
    "contract": {"commission": 0.1}, "price": {"goods": {"index": 1}},
}  # fmt: skip
OPTIONS = {
    "shop": (),
    "dear": (Assignment(f"{SHOP}.contract.commission", 0.10),),
    "guarantee": (Assignment(f"{SHOP}.contract.guarantee", 1e9),),
    "two": (Assignment("storefronts.second", SECOND),),
    "open_end": (Assignment(f"{SHOP}.open.to", None),),
}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> OptionsWork:
    """Options of the small question that differ in their contract."""
    return tiny.question(tmp_path_factory.mktemp("question")).work(OPTIONS, 300)


def finished(scenario: Scenario) -> Market:
    market = Market(scenario, consumers=300, world_seed=3, shock_seed=4, record=RECORD, run_off=True)
    while market.week < market.last_week:
        market.step()
    return market


@pytest.fixture(scope="module")
def markets(work: OptionsWork) -> Iterator[dict[str, Market]]:
    """A market an option, and the baseline, from the start."""
    made = {option: finished(work.scenario(option, {})) for option in OPTIONS}
    made["base"] = finished(work.baseline({}))
    yield made
    for market in made.values():
        market.close()


@pytest.fixture(scope="module")
def levels(markets: dict[str, Market]) -> dict[str, Levels]:
    return {name: Levels.of(market, "faraway", FIRST) for name, market in markets.items()}


@pytest.fixture(scope="module")
def gains(levels: dict[str, Levels]) -> dict[str, dict[str, float]]:
    """Measures of the options."""
    return {option: differences(levels["base"], levels[option]) for option in OPTIONS}


def commissions(market: Market, host: str) -> pd.Series:
    """What the brand paid to a host as commission, by week."""
    table = market.ledger.table()
    own = table[(table.account == "commission") & (table.payer == "faraway") & (table.payee == host)]
    return own.groupby("week").amount.sum()


def discounted(flow: pd.Series) -> float:
    return float((flow * (1 + RATE) ** (-(flow.index.to_numpy() - FIRST) / 52)).sum())


@pytest.mark.parametrize(("option", "rate"), [("shop", 0.03), ("dear", 0.1), ("open_end", 0.03)])
def test_volume_is_what_the_commission_is_paid_on(
    option: str, rate: float, gains: dict[str, dict[str, float]], markets: dict[str, Market]
) -> None:
    """Commission received, discounted, over the rate; a contract with a host ends with the horizon."""
    paid = discounted(commissions(markets[option], "north"))
    assert paid > 0
    assert gains[option]["volume"] == pytest.approx(paid / rate, rel=1e-12)


def test_volumes_of_two_hosts_add_up(gains: dict[str, dict[str, float]], markets: dict[str, Market]) -> None:
    north, south = (discounted(commissions(markets["two"], host)) for host in ("north", "south"))
    assert min(north, south) > 0
    assert gains["two"]["volume"] == pytest.approx(north / 0.03 + south / 0.1, rel=1e-12)
    assert gains["two"]["weeks_open"] == 6.0, "four weeks each, two of them together"


def test_a_commission_only_moves_money(gains: dict[str, dict[str, float]]) -> None:
    shop, dear = gains["shop"], gains["dear"]
    assert dear["volume"] == shop["volume"]
    moved = 0.07 * shop["volume"]
    assert dear["value_north"] - shop["value_north"] == pytest.approx(moved, rel=1e-9)
    assert dear["value_faraway"] - shop["value_faraway"] == pytest.approx(-moved, rel=1e-9)
    for name in ("value_south", "value_west", "surplus", "new_customers", "own_sales"):
        assert dear[name] == shop[name]


def test_a_guarantee_tops_the_commission_up(
    gains: dict[str, dict[str, float]], markets: dict[str, Market]
) -> None:
    """What is missing to a thousand million is paid in the last week of the term, from one to the other."""
    paid = float(commissions(markets["shop"], "north").sum())
    table = markets["guarantee"].ledger.table()
    topped = table[table.account == "guarantee"].groupby("week").amount.sum()
    assert topped.sum() == pytest.approx(1e9 - paid, rel=1e-12)
    more = gains["guarantee"]["value_north"] - gains["shop"]["value_north"]
    assert more == pytest.approx(discounted(topped), rel=1e-9)
    assert gains["guarantee"]["value_faraway"] - gains["shop"]["value_faraway"] == pytest.approx(
        -more, rel=1e-9
    )
    assert gains["guarantee"]["contribution"] == gains["shop"]["contribution"], (
        "paid once, not in a week's books"
    )


@pytest.mark.parametrize("option", OPTIONS)
def test_money_is_conserved(
    option: str, gains: dict[str, dict[str, float]], markets: dict[str, Market]
) -> None:
    """What firms gain is what everybody else in the books pays: all differences add up to nothing."""
    before, after = markets["base"], markets[option]
    others = {*before.ledger.parties(), *after.ledger.parties()} - set(tiny.FIRMS)
    assert "consumers" in others
    paid = [
        after.ledger.npv(party, 15, RATE, FIRST) - before.ledger.npv(party, 15, RATE, FIRST)
        for party in sorted(others)
    ]
    firms = [gains[option][f"value_{firm}"] for firm in tiny.FIRMS]
    assert abs(sum(firms) + sum(paid)) < 1e-9 * max(map(abs, [*firms, *paid]))


def test_the_run_off_counts_in_the_value_and_not_in_the_cut(
    levels: dict[str, Levels], markets: dict[str, Market]
) -> None:
    flows = markets["shop"].ledger.flows("faraway", 15)
    weights = (1 + RATE) ** (-(np.arange(15) - FIRST) / 52)
    assert abs(flows[12:] @ weights[12:]) > 0
    assert levels["shop"].plain["cut"] == pytest.approx(float(flows[:12] @ weights[:12]), rel=1e-12)
    assert levels["shop"].values["faraway"] == pytest.approx(float(flows @ weights), rel=1e-12)


@pytest.mark.parametrize("option", OPTIONS)
def test_sales_by_channel_are_those_of_the_sales_table(
    option: str, gains: dict[str, dict[str, float]], markets: dict[str, Market]
) -> None:
    def sold(market: Market, channels: list[str]) -> float:
        table = market.sales_table()
        inside = table[table.week.between(FIRST, 11) & table.channel.isin(channels)]
        return float(inside.gmv.sum())

    market = markets[option]
    assert gains[option]["sales"] == pytest.approx(sold(market, ["faraway_on_north", "second"]), rel=1e-12)
    own = sold(market, ["faraway_site"]) - sold(markets["base"], ["faraway_site"])
    assert gains[option]["own_sales"] == pytest.approx(own, rel=1e-9)


@pytest.mark.parametrize("option", OPTIONS)
def test_weekly_rows_add_up_to_the_measures(
    option: str, levels: dict[str, Levels], gains: dict[str, dict[str, float]]
) -> None:
    table = by_week(levels["base"], levels[option])
    assert table.week.tolist() == list(range(FIRST, 12))
    sums = table.drop(columns="week").sum()
    pairs = {"hosted": "sales", "own": "own_sales", "contribution": "contribution", "open": "weeks_open"}
    for column, measure in pairs.items():
        assert sums[column] == pytest.approx(gains[option][measure], rel=1e-9)
    weights = (1 + RATE) ** (-(table.week - FIRST) / 52)
    assert float((table.hosted * weights).sum()) == pytest.approx(gains[option]["volume"], rel=1e-12)
    assert set(table.open) <= {0.0, 1.0}


def test_all_channels_earn_what_the_books_say_but_for_what_is_paid_once(
    levels: dict[str, Levels], markets: dict[str, Market]
) -> None:
    """Set-up in the first week and exit after the last one are no part of a week's contribution."""
    table = by_week(levels["base"], levels["shop"])
    flows = [markets[name].ledger.flows("faraway", 12)[FIRST:] for name in ("shop", "base")]
    once = np.zeros(10)
    postings = markets["shop"].ledger.table()
    paid = postings[postings.account.isin(["set-up", "exit"])].groupby("week").amount.sum()
    once[paid.index.to_numpy() - FIRST] = paid
    assert paid.sum() == pytest.approx(1_200_000)
    np.testing.assert_allclose(table["all"], flows[0] - flows[1] + once, rtol=1e-9, atol=1e-3)


def test_customers_and_surplus_start_with_the_decision(
    levels: dict[str, Levels], markets: dict[str, Market]
) -> None:
    market, plain = markets["base"], levels["base"].plain
    new = np.array(market.brands["faraway"].new_customers[:12])
    assert new[:FIRST].sum() > 0
    assert plain["new_customers"] == pytest.approx(new[FIRST:].sum(), rel=1e-12)
    table = market.surplus_table()
    inside = table[(table.week >= FIRST) & (table.week < 12)]
    assert plain["surplus"] == pytest.approx(inside.decision.sum(), rel=1e-12)
    assert table.week.max() >= 12, "the run-off is not counted"


def test_nothing_hosted_is_nothing(levels: dict[str, Levels]) -> None:
    plain = levels["base"].plain
    assert {plain[name] for name in ("volume", "sales", "contribution", "weeks_open")} == {0.0}
    assert plain["own_sales"] > 0


def test_names_come_in_the_order_of_the_numbers(levels: dict[str, Levels]) -> None:
    found = list(differences(levels["base"], levels["shop"]))
    assert found == names(tiny.FIRMS) == list(levels["shop"].units)
    assert set(PLAIN) == set(levels["shop"].plain)
    assert levels["shop"].units["value_faraway"] == levels["shop"].currency == "yuan"
    assert levels["shop"].units["new_customers"] == measures.PEOPLE


def test_columns_and_readers_are_those_that_the_table_declares() -> None:
    kept = {name for name, one in OUTCOMES.items() if "decision" in one.periods}
    assert {*READERS, "NPV with run-off"} == kept
    assert declared("NPV with run-off").column_of("west") == "value_west"
    for name, firm in (("NPV with run-off", ""), ("hosted GMV", "west"), ("brand GMV", "")):
        with pytest.raises(ValueError, match=f"questions do not keep '{name}'"):
            declared(name).column_of(firm)


def test_one_name_is_one_number_in_a_comparison_and_in_a_question(work: OptionsWork) -> None:
    """If the decision is taken in the first week, its weeks are those of the horizon."""
    sides = [work.baseline({}), work.scenario("shop", {})]
    settings = {"consumers": 300, "world_seed": 3, "shock_seed": 4, "record": OF_PAIRS, "run_off": True}
    with Market(sides[0], **settings) as base, Market(sides[1], **settings) as other:  # type: ignore[arg-type]
        baseline, pair = Pair(base, base), Pair(base, other)
        while base.week < base.last_week:
            base.step()
            other.step()
            baseline.record()
            pair.record()
        rows = {
            (row["outcome"], row["party"]): row["difference"]
            for row in pair.rows(baseline, 0)
            if row["period"] == "horizon" and row["tier"] == "all"
        }
        found = differences(*(Levels.of(market, "faraway", 0) for market in (base, other)))
    same = 0
    for (name, party), difference in rows.items():
        one = declared(str(name))
        if one.column and (
            party in tiny.FIRMS if "FIRM" in one.column else party in ("faraway", "consumers")
        ):
            column = one.column.replace("FIRM", str(party))
            assert found[column] == pytest.approx(difference, rel=1e-9, abs=1e-6), name
            same += 1
    assert same == len(tiny.FIRMS) + 5
