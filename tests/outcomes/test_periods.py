"""When two scenarios differ and whom that concerns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sim.outcomes.periods import (
    Period,
    concerned,
    group_of,
    groups,
    hosted,
    hosts,
    other_channels,
    periods,
    rivals,
    seen_window,
    upper_tiers,
)
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import AUTUMN, CLOSED, SCENARIOS

SETS = [*AUTUMN, *CLOSED]
POPUP_FILE, SHOP = SCENARIOS / "popup_on_pinduoduo_2019.yaml", "amazon_on_pinduoduo"
STAY = load(SCENARIOS / "stay_out.yaml", sets=SETS).scenario
POPUP = load(POPUP_FILE, sets=SETS).scenario


def market(scenario: Scenario, **stores: Any) -> Any:
    return SimpleNamespace(spec=scenario, horizon=11, storefronts=stores)


def test_storefronts_in_question() -> None:
    """A new shop; other terms; a policy; nothing but a platform."""
    dearer = load(POPUP_FILE, sets=[*SETS, f"storefronts.{SHOP}.contract.commission=0.09"]).scenario
    act = "{on: 2019-12-02, do: change, price: 0.9}"
    rule = f"policies={{p: {{brand: amazon, rule: calendar, storefront: amazon_global, acts: {{a: {act}}}}}}}"
    decides = load(POPUP_FILE, sets=[*SETS, rule]).scenario
    trusted = load(POPUP_FILE, sets=[*SETS, "platforms.jd.trust=0.5"]).scenario
    assert concerned(STAY, POPUP) == [SHOP]
    assert concerned(POPUP, STAY) == [SHOP]
    assert concerned(POPUP, dearer) == [SHOP]
    assert concerned(POPUP, decides) == ["amazon_global"]
    assert concerned(POPUP, trusted) == [SHOP]
    assert hosted(STAY, POPUP) == {"amazon": [SHOP]}
    assert hosted(POPUP, decides) == {}
    assert other_channels(STAY, POPUP, "amazon") == ["amazon_global"]
    assert other_channels(POPUP, decides, "amazon") == ["amazon_global", SHOP]


def test_hosts_rivals_and_groups() -> None:
    moved_to = [f"storefronts.{SHOP}.host=kaola", f"storefronts.{SHOP}.price.imported.team_discount=0"]
    on_kaola = load(POPUP_FILE, sets=[*SETS, *moved_to]).scenario
    assert hosts(STAY, POPUP) == ["pinduoduo"]
    assert rivals(STAY, POPUP) == ["alibaba", "jd", "kaola", "others"]
    assert rivals(STAY, on_kaola) == ["jd", "pinduoduo", "others"], "Kaola's owner is none"
    assert rivals(STAY, STAY) == []
    assert group_of(STAY, "kaola") == "alibaba"
    assert groups(STAY)["alibaba"] == ["alibaba", "kaola"]


def test_upper_tiers_are_those_above_the_mean_income_of_shoppers() -> None:
    """Mean by hand: (54 x 66 + 112 x 46 + 102 x 42 + 153 x 36 + 128 x 31 + 90 x 27) / 639 = 39.0 thousand."""
    assert upper_tiers(STAY) == ["T1", "T1new", "T2"]
    rich = load(SCENARIOS / "stay_out.yaml", sets=[*SETS, "tiers.T1.income=500_000"]).scenario
    assert upper_tiers(rich) == ["T1"]
    rural = load(SCENARIOS / "stay_out.yaml", sets=[*SETS, "tiers.T5.shoppers=100_000"]).scenario
    assert upper_tiers(rural) == ["T1", "T1new", "T2", "T3", "T4"], "most people live in the poorest tier"


def opened(*weeks: int) -> Any:
    return SimpleNamespace(open_weeks=[week in weeks for week in range(14)])


def test_window_as_it_came_out() -> None:
    """A policy kept the shop open two weeks longer; the run-off does not count; else what the files say."""
    before = market(POPUP, **{SHOP: opened(3, 4, 5)})
    after = market(POPUP, **{SHOP: opened(3, 4, 5, 6, 7, 12, 13)})
    assert seen_window(before, after) == (6, 7)
    assert seen_window(before, before) == (3, 8)
    assert periods(before, after) == [
        Period("window", 6, 7),
        Period("after", 8, 10),
        Period("horizon", 0, 10),
    ]
    to_the_end = market(POPUP, **{SHOP: opened(3, 4, 5, 10)})
    assert [period.name for period in periods(before, to_the_end)] == ["window", "horizon"]
