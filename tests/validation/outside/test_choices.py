"""The long table says what the model did: sets, prices, habits, choices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.consumers.demand import Record
from sim.market import Market
from sim.validation.outside.choices import OUTSIDE, record_choices
from sim.validation.outside.fair import CATEGORY, SITE, Fair, People, storefront

INTERCEPTS = {"north": 0.8, "south": 0.3, SITE: 0.5, storefront("north"): 0.4}
PEOPLE = People(price=3.0, price_spread=0.3, habit=1.0, retention=0.7, access=0.8, known=0.5)
FAIR = Fair(6, PEOPLE, INTERCEPTS, ("north",))
CONSUMERS = 400


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return record_choices(FAIR.scenario(), CATEGORY, consumers=CONSUMERS, seed=3)


def test_everybody_chooses_one_available_alternative_a_week(table: pd.DataFrame) -> None:
    chosen = table[table["chosen"]]
    assert len(chosen) == table["occasion"].nunique() == CONSUMERS * FAIR.weeks
    assert chosen["available"].all()
    assert chosen.groupby("person")["week"].apply(list).map(lambda w: w == list(range(FAIR.weeks))).all()
    names = [OUTSIDE, "north", "south", SITE, storefront("north")]
    assert table["alternative"].tolist() == names * (len(table) // len(names))


def test_sets_follow_awareness(table: pd.DataFrame) -> None:
    """Expected: access to platforms and knowledge of the brand as asked for, storefronts seen in time."""
    wide = table.pivot(index="occasion", columns="alternative", values="available")
    week = table.groupby("occasion")["week"].first()
    assert wide[OUTSIDE].all()
    assert wide.loc[week == 0, "north"].mean() == pytest.approx(0.8, abs=0.06)
    assert wide.loc[week == 0, SITE].mean() == pytest.approx(0.5, abs=0.15)
    hosted = wide[storefront("north")]
    assert wide.loc[hosted, "north"].all()
    assert hosted[week == 0].mean() < hosted[week == 5].mean()


def test_prices_are_those_of_the_scenario(table: pd.DataFrame) -> None:
    """Expected: list price less the week's cut, of events and of promotions; everybody pays the same."""
    scenario = FAIR.scenario()
    paid = table.groupby(["week", "alternative"], observed=True)["price"]
    assert (paid.nunique() == 1).all()
    for week in range(FAIR.weeks):
        cut = scenario.events[f"week_{week}"].depth["south"]
        assert paid.first()[week, "south"] == pytest.approx(1.3 * (1.0 - cut))
        own = scenario.storefronts[SITE].price[CATEGORY].promotions[f"week_{week}"].depth
        assert paid.first()[week, SITE] == pytest.approx(1.3 * (1.0 - own))


def test_habits_follow_from_the_choices(table: pd.DataFrame) -> None:
    """Expected: H <- d H + (1 - d) 1(bought on the platform), from zero; a storefront has its host's."""
    keep = PEOPLE.retention
    for host, channels in (("north", ["north", storefront("north")]), ("south", ["south"])):
        bought = table[table["chosen"]].assign(here=lambda d, c=channels: d["alternative"].isin(c))
        here = bought.pivot(index="person", columns="week", values="here").to_numpy(float)
        habit = np.zeros_like(here)
        for week in range(1, FAIR.weeks):
            habit[:, week] = keep * habit[:, week - 1] + (1.0 - keep) * here[:, week - 1]
        for name in channels:
            seen = table[table["alternative"] == name].pivot(index="person", columns="week", values="habit")
            assert seen.to_numpy() == pytest.approx(habit, abs=1e-6), host


def test_choices_are_the_markets_sales(table: pd.DataFrame) -> None:
    with Market(
        FAIR.scenario(), consumers=CONSUMERS, world_seed=3, shock_seed=3, record=Record(False, False)
    ) as market:
        people = float(market.consumers.strata.weight[0])
        sales = market.run().sales_table().groupby(["week", "channel"])["orders"].sum() / people
    counted = table[table["chosen"] & (table["alternative"] != OUTSIDE)].groupby(["week", "alternative"])
    for (week, channel), orders in counted.size().items():
        assert sales[week, channel] == pytest.approx(orders)


def test_choices_follow_the_plain_logit() -> None:
    """Expected: people who are alike choose by softmax of intercept - alpha (price - 1), set by set."""
    fair = replace(FAIR, people=People(price=3.0, access=0.8, known=0.5))
    data = record_choices(fair.scenario(), CATEGORY, consumers=4_000, seed=5)
    value = data["alternative"].astype(str).map(INTERCEPTS | {OUTSIDE: 0.0}) - 3.0 * (data["price"] - 1.0)
    weight = np.exp(value) * data["available"]
    data["chance"] = weight / weight.groupby(data["occasion"]).transform("sum")
    data["variance"] = data["chance"] * (1.0 - data["chance"])
    cell = data.groupby(["week", "alternative"], observed=True)[["chosen", "chance", "variance"]].sum()
    z = (cell["chosen"] - cell["chance"]) / np.sqrt(cell["variance"])
    assert z.abs().max() < 3.6  # the largest of thirty
    assert 0.6 < z.std() < 1.4


def test_habits_form_in_the_warm_up() -> None:
    warm = replace(FAIR, warm_up=5)
    habit = record_choices(warm.scenario(), CATEGORY, consumers=CONSUMERS, seed=3).query("week == 0")["habit"]
    assert habit.max() > 0.3


def test_prices_that_change_within_the_week_are_refused() -> None:
    scenario = FAIR.scenario()
    sale = scenario.events["week_2"]
    monday = sale.days["only"].from_
    short = sale.model_copy(update={"days": {"only": sale.days["only"].model_copy(update={"to": monday})}})
    changed = scenario.model_copy(update={"events": {**scenario.events, "week_2": short}})
    with pytest.raises(ValueError, match="changes within the week"):
        record_choices(changed, CATEGORY, consumers=100, seed=1)


def test_who_does_not_consider_cannot_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected: an error where the reading of awareness and the choices disagree."""
    from sim.validation.outside import choices

    right = choices._seen
    monkeypatch.setattr(choices, "_seen", lambda *args: right(*args) & (np.arange(5) != 1))
    with pytest.raises(ValueError, match="do not consider"):
        record_choices(FAIR.scenario(), CATEGORY, consumers=CONSUMERS, seed=3)


def test_other_seeds_other_prices() -> None:
    one, two = (replace(FAIR, seed=seed).scenario().events["week_0"].depth["north"] for seed in (1, 2))
    assert one != two
