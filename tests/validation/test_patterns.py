"""The table of patterns: measures on made-up people and sales, verdicts, and one small history."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.consumers.population import LONG_AGO, NEVER_ORDERED
from sim.engine.seeds import Seeds
from sim.outcomes.readings import Published
from sim.scenario import load
from sim.sweep.market_work import MarketWork
from sim.validation.history.forecast import to_the_end
from sim.validation.history.published import published
from sim.validation.history.study import history
from sim.validation.patterns import COLUMNS, judged, measured, patterns
from sim.validation.patterns_list import (
    B2C,
    Pattern,
    change_of_share,
    dip,
    grown,
    invited,
    largest_miss,
    lift_ratio,
    listed,
    lost_by_delay,
    per,
    share_of_b2c,
    spend_ratio,
)
from sim.validation.patterns_people import BrandDiary, kept, lifted, orders_of, returned
from sim.validation.patterns_runs import (
    AS_IS,
    DIP_WEEKS,
    NO_FESTIVAL,
    NO_INVITES,
    POP_UP,
    POPUP,
    SLOW_JD,
    STAY_OUT,
    Told,
    festival,
    growth,
    imports,
    marketplace,
    told_ways,
)

VECTOR = {
    "pdd_level": 0.36, "pdd_growth": 1.2, "pdd_taste": 2.7, "pdd_large": -4.3, "pdd_start": 1.4,
    "pdd_hazard": 0.0022, "pdd_talk": 0.005, "pdd_adverts": 0.0006, "pdd_invited": 0.0094, "baskets": 1.09,
    "growth": 0.11, "alibaba_level": 0.04, "alibaba_start": 1.006, "alibaba_hazard": 0.0046,
    "jd_level": -0.178, "jd_growth": 0.1885, "jd_start": 1.093, "jd_hazard": 0.0004,
}  # fmt: skip
VECTORS = pd.DataFrame([VECTOR])
SPEC = load("scenarios/china_history.yaml").scenario


def facts() -> pd.DataFrame:
    table = published()
    return table


# --- people --------------------------------------------------------------------------------------


def test_kept_are_buyers_of_the_year_who_buy_after_it() -> None:
    """Week 103 ends the year: 52 is its first week, 51 and "long ago" lie before, "never" is nobody."""
    then = np.array([52, 51, 103, 103, LONG_AGO, NEVER_ORDERED], np.int16)
    later = np.array([104, 110, 103, 155, 120, 130], np.int16)
    people = np.array([1.0, 10.0, 100.0, 1e3, 1e4, 1e5])
    assert kept(then, later, 103, people) == {"bought": 1101.0, "bought again": 1001.0}


def test_orders_are_those_of_the_wanted_channels() -> None:
    codes = np.array([[-2, -1, 0, 7, 13, 14], [-2, 20, 8, 7, -1, 6]], np.int16)
    assert list(orders_of(codes, np.array([False, True, False]), 7)) == [0, 0, 1, 2, 1, 0]
    assert list(orders_of(codes, np.array([True, False, True]), 7)) == [0, 1, 1, 0, 0, 2]


def diary(orders: list[list[int]], hosted: list[list[int]], customer: list[bool]) -> BrandDiary:
    people = 10.0 ** np.arange(len(customer))
    return BrandDiary(np.array(customer), np.array(orders), np.array(hosted), people)


def test_lift_counts_orders_of_customers_and_others_while_it_is_open() -> None:
    none = [[0, 0, 0]] * 3
    who = [True, False, False]
    without = diary([[1, 0, 1], [0, 1, 0], [9, 9, 9]], none, who)
    with_ = diary([[1, 2, 0], [2, 1, 0], [7, 7, 7]], none, who)
    assert lifted(without, with_, 2) == {
        "customers without": 1.0, "customers with": 3.0, "prospects without": 110.0, "prospects with": 30.0,
    }  # fmt: skip
    with pytest.raises(ValueError, match="not on the same draws"):
        lifted(without, diary([[0, 0, 0]], none[:1], [False, False, False]), 1)


def test_won_are_strangers_whose_first_order_was_at_the_pop_up() -> None:
    """By place: comes once; again at the pop-up; after it closed; first on the site; a customer; nobody."""
    orders = [[1, 1, 0, 1, 1, 0], [0, 1, 2, 1, 1, 0], [0, 0, 1, 1, 1, 0]]
    hosted = [[1, 1, 0, 0, 1, 0], [0, 1, 2, 1, 0, 0], [0, 0, 0, 0, 0, 0]]
    found = returned(diary(orders, hosted, [False, False, False, False, True, False]), 2)
    assert found == {"won": 111.0, "returned": 110.0, "returned later": 100.0}


def test_two_orders_of_the_first_week_are_no_return() -> None:
    found = returned(diary([[3], [0]], [[2], [0]], [False]), 1)
    assert found == {"won": 1.0, "returned": 0.0, "returned later": 0.0}


def test_customers_of_a_diary_have_bought_before() -> None:
    nothing = np.zeros((1, 3), np.int64)
    last = np.array([NEVER_ORDERED, LONG_AGO, 12], np.int16)
    assert list(BrandDiary.of(last, nothing, nothing, np.ones(3)).customer) == [False, True, True]


# --- sales ---------------------------------------------------------------------------------------


def tables(weeks: int = 169) -> Published:
    """A market whose sales a day are 1 at Alibaba, 2 at JD, ... in each of two categories."""
    channels = ["alibaba", "jd", "kaola", "amazon_global", "amazon_marketplace", "pinduoduo"]
    rows = [
        {"week": w, "channel": c, "tier": "T1", "category": k, "gmv": 7.0 * (n + 1), "orders": 1.0}
        for w in range(weeks)
        for n, c in enumerate(channels)
        for k in ("imported", "fashion")
    ]
    buyers = [{"week": w, "name": "pinduoduo", "buyers": 7.0 * w} for w in range(weeks)]
    return Published(SPEC, pd.DataFrame(rows), pd.DataFrame(buyers), weeks)


def test_imports_are_those_of_the_last_quarter_of_2018() -> None:
    found = imports(tables())
    assert found == pytest.approx(
        {"imports all": 92 * 21, "imports alibaba": 92, "imports kaola": 92 * 3, "imports jd": 92 * 2,
         "imports amazon_global": 92 * 4}
    )  # fmt: skip


def test_the_marketplace_beside_everybody() -> None:
    found = marketplace(tables())
    days = {"2017": 365, "2018": 365, "2019H1": 181}
    assert found == pytest.approx(
        {f"marketplace {p}": 10 * d for p, d in days.items()} | {f"all {p}": 42 * d for p, d in days.items()}
    )


def test_buyers_are_read_at_the_ends_of_both_years() -> None:
    since = SPEC.time.start.toordinal() + 6
    found = growth(tables(), "so")
    assert found == pytest.approx(
        {f"buyers {y} so": date(y, 12, 31).toordinal() - since for y in (2018, 2019)}
    )


def test_a_festival_borrows_from_the_weeks_after_it() -> None:
    """Eight weeks: what is missing in the ninth does not count, nor what is missing before."""
    without = np.full(20, 10.0)
    with_ = without.copy()
    with_[4], with_[5] = 3.0, 30.0
    with_[6:14] -= 0.5
    with_[14] = 0.0
    found = pd.Series(festival(with_, without, 5))
    assert DIP_WEEKS == 8
    assert per("festival with", "festival without")(found) == 3.0
    assert dip(found) == pytest.approx(8 * 0.5 / 20)
    assert np.isnan(dip(pd.Series(festival(without, without, 5))))


# --- measures ------------------------------------------------------------------------------------


def test_the_largest_miss_has_no_sign() -> None:
    value = pd.Series({"a": 100.0, "b": 10.0})
    assert largest_miss(value)(pd.Series({"a": 105.0, "b": 8.0})) == pytest.approx(0.2)
    assert largest_miss(value)(pd.Series({"a": 130.0, "b": 8.0})) == pytest.approx(0.3)


def test_ratios_of_made_up_numbers() -> None:
    row = pd.Series({
        "jd_sales_2019q4": 12.0, "jd_buyers_2019q4": 3.0, "alibaba_sales_2019q4": 40.0,
        "alibaba_buyers_2019q4": 5.0, "jd_sales_2018q4": 10.0, "jd slow": 8.0,
        "buyers 2018 as it is": 10.0, "buyers 2019 as it is": 14.0,
        "buyers 2018 less": 8.0, "buyers 2019 less": 10.0,
        "prospects with": 6.0, "prospects without": 2.0, "customers with": 3.0, "customers without": 2.0,
        "marketplace 2017": 2.0, "all 2017": 100.0, "marketplace 2018": 3.0, "all 2018": 200.0,
    })  # fmt: skip
    assert spend_ratio("jd")(row) == pytest.approx(0.5)
    assert lost_by_delay(row) == pytest.approx(0.2)
    assert grown("as it is")(row) == pytest.approx(0.4)
    assert invited("less")(row) == pytest.approx(0.4 - 0.25)
    assert lift_ratio(row) == pytest.approx(2.0)
    assert share_of_b2c(row, "2017") == pytest.approx(0.02 / B2C)
    assert change_of_share("2017", "2018")(row) == pytest.approx(0.75)


def test_nothing_to_divide_by_is_no_number() -> None:
    assert np.isnan(per("a", "b")(pd.Series({"a": 1.0, "b": 0.0})))
    orders = {"prospects with": 6.0, "prospects without": 2.0, "customers with": 0.0}
    assert np.isnan(lift_ratio(pd.Series(orders | {"customers without": 2.0})))
    assert np.isnan(lift_ratio(pd.Series(orders | {"customers without": 0.0})))
    closed = {"marketplace 2017": 0.0, "all 2017": 1.0, "marketplace 2018": 0.0, "all 2018": 1.0}
    assert np.isnan(change_of_share("2017", "2018")(pd.Series(closed)))


# --- the table -----------------------------------------------------------------------------------


def between(low: float, high: float) -> Pattern:
    return Pattern(1, "x", "x", low, high, "held out", "nowhere", per("x", "one"))


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=9))
def test_a_row_counts_who_passes_and_judges_the_median(values: list[float]) -> None:
    found = pd.DataFrame({"x": values, "one": 1.0})
    row = judged(found, [between(-2.0, 3.0)]).iloc[0]
    assert (row.lowest, row.highest) == (min(values), max(values))
    assert row["median"] == pytest.approx(np.median(values))
    assert row.share == pytest.approx(np.mean([-2.0 <= x <= 3.0 for x in values]))
    assert row.passed == (-2.0 <= np.median(values) <= 3.0)


def test_a_vector_without_a_number_does_not_pass() -> None:
    found = pd.DataFrame({"x": [1.0, 1.0, 5.0, 1.0], "one": [1.0, 1.0, 1.0, 0.0]})
    row = judged(found, [between(0.0, 2.0)]).iloc[0]
    assert row.share == 0.5
    assert row["median"] == 1.0
    nobody = judged(found.assign(one=0.0), [between(0.0, np.inf)]).iloc[0]
    assert np.isnan(nobody["median"])
    assert not nobody.passed
    assert nobody.share == 0.0


def test_all_fourteen_are_listed_with_bounds_and_sources() -> None:
    every = listed(facts())
    assert sorted({p.number for p in every}) == list(range(1, 15))
    assert len({p.words for p in every}) == len(every)
    assert all(p.low < p.high and p.source and p.expected for p in every)


def test_what_is_later_than_june_2019_is_held_out() -> None:
    """Every figure of sales and buyers stands in one row, the later ones in one of their own."""
    every = listed(facts())
    for number, held in ((1, 4), (3, 6)):
        mine = [p for p in every if p.number == number]
        assert sum(p.role == "held out" for p in mine) == held
        assert all((p.role == "held out") == ("2019-09-30" in p.words or "2019-12-31" in p.words)
                   for p in mine)  # fmt: skip
    rows = pd.Series(facts().value)
    sales = [p.of(rows * 1.2) for p in every if p.number == 1]
    assert sales == pytest.approx([0.2, 1.2, 0.2, 1.2, 0.2, 1.2, 1.2])


def test_figures_as_published_pass() -> None:
    row = pd.Series(facts().value)
    for pattern in listed(facts()):
        if pattern.number <= 4:
            assert pattern.low <= pattern.of(row) <= pattern.high, pattern.words


# --- runs ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def works() -> dict[str, MarketWork]:
    work = to_the_end(history(), facts(), VECTORS, 1_500, 1).work
    assert isinstance(work, MarketWork)
    return told_ways(work)


def test_each_way_changes_what_its_name_says_and_nothing_else(works: dict[str, MarketWork]) -> None:
    told = {
        way: work.scenarios(VECTOR)[0].model_dump(mode="json", by_alias=True) for way, work in works.items()
    }

    def put_back(way: str, *keys: str) -> bool:
        tree, base = told[way], told[AS_IS]
        for key in keys[:-1]:
            tree, base = tree[key], base[key]
        changed = tree.get(keys[-1]) != base.get(keys[-1])
        tree[keys[-1]] = base[keys[-1]]
        return changed and told[way] == told[AS_IS]

    for category in told[AS_IS]["platforms"]["jd"]["assortments"]:
        days = [told[SLOW_JD]["platforms"][p]["assortments"][category] for p in ("jd", "alibaba")]
        assert days[0]["delivery_days"] == days[1]["delivery_days"]
    shop = told[POP_UP]["storefronts"].pop(POPUP)
    assert shop == load("scenarios/validation/popup.yaml").scenario.model_dump(mode="json", by_alias=True)[
        "storefronts"][POPUP]  # fmt: skip
    assert told[POP_UP] == told[STAY_OUT]
    assert told[NO_INVITES]["platforms"]["pinduoduo"]["teams"]["invites"] == 0.0
    assert told[NO_FESTIVAL]["events"]["singles_day"]["days"].keys() == {"y2017", "y2019"}
    assert put_back(NO_INVITES, "platforms", "pinduoduo", "teams", "invites")
    assert put_back(NO_FESTIVAL, "events", "singles_day", "days")
    assert put_back(SLOW_JD, "platforms", "jd", "assortments")
    assert put_back(STAY_OUT, "population", "interested_sample")


def test_a_small_history_gives_all_patterns() -> None:
    said: list[str] = []
    sunday = {"party": "alibaba", "reading": "yearly buyers", "on": date(2018, 12, 30), "value": 1.0}
    asked = pd.concat([facts(), pd.DataFrame([sunday], index=["last Sunday of 2018"])])
    found = measured(VECTORS, asked, 1_500, 1, 1, said.append)
    row = found.iloc[0]
    assert said == ["vector 1 of 1"]
    assert row["festival with"] > 1.5 * row["festival without"]
    assert row["after with"] < row["after without"]
    assert 0.9 * row["bought"] < row["bought again"] <= row["bought"]
    assert row["bought"] == pytest.approx(row["last Sunday of 2018"], rel=1e-12)
    assert row["buyers 2018 as it is"] == row["pinduoduo_buyers_2018q4"]
    for year in (2018, 2019):
        assert row[f"buyers {year} without invitations"] < row[f"buyers {year} as it is"]
    later = "without invitations from 2019 on"
    assert row[f"buyers 2018 {later}"] == pytest.approx(row["buyers 2018 as it is"], rel=2e-3)
    assert row[f"buyers 2019 {later}"] < 0.99 * row["buyers 2019 as it is"]
    assert row["jd slow"] < row["jd_sales_2018q4"]
    assert row["shop"] > 0
    assert row["returned later"] <= row["returned"] <= row["won"]
    table = judged(found, listed(facts()))
    assert list(table.columns) == COLUMNS
    assert table["median"].notna().sum() > 30


def test_numbers_are_means_over_seeds_that_the_fit_has_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, Seeds]] = []

    def made_up(told: Told, facts: pd.DataFrame) -> dict[str, float]:
        seen.append((float(told.parameters["growth"]), told.seeds))
        return {"x": float(told.parameters["growth"]) + sum(k == told.seeds for _, k in seen)}

    monkeypatch.setattr("sim.validation.patterns.numbers", made_up)
    two = pd.concat([VECTORS, VECTORS.assign(growth=0.13)])
    found = measured(two, facts(), 100, 2, 1, lambda _: None)
    assert list(found.x) == pytest.approx([1.11, 2.13])
    assert [growth for growth, _ in seen] == [0.11, 0.11, 0.13, 0.13]
    assert len({seeds for _, seeds in seen}) == 2
    assert not {seeds for _, seeds in seen} & set(history().draws.seeds(""))


def test_no_vectors_or_a_missing_factor_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one vector"):
        patterns(VECTORS.iloc[:0], 100)
    with pytest.raises(KeyError, match="jd_start"):
        patterns(VECTORS.drop(columns="jd_start"), 100)
